//! Resources: links that members of a room keep at hand, sealed in its state
//! (docs/protocol.md#1414-room-state). Any member changes them; nobody but members sees them, and no
//! server looks where they lead.

use wire_format::{
    ErrorCode, ResourceId, RoomId,
    room::{Resource, RoomStateContent},
    vault::Rest,
};

use super::{ConversationError, Conversations, now, words};

impl Conversations {
    /// The resources of a room, in their order.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn resources(&mut self, room: RoomId) -> Result<Vec<Resource>, ConversationError> {
        self.sync(room).await?;
        self.read_state(room).await?;
        Ok(self.room(room)?.state.content().resources.clone())
    }

    /// Adds a link, behind the others. A dropped future leaves it added or not.
    ///
    /// # Errors
    /// [`ConversationError::Link`] for what is no `http` or `https` address,
    /// [`ConversationError::Words`]; the typed cause otherwise.
    pub async fn add_link(
        &mut self,
        room: RoomId,
        title: &str,
        url: &str,
    ) -> Result<ResourceId, ConversationError> {
        words::check_title(title)?;
        words::check_url(url)?;
        let resource = Resource {
            id: ResourceId::from_bytes(rand::random()),
            title: title.to_owned(),
            url: Some(url.to_owned()),
            file: None,
            by: self.account().id(),
            at: now(),
            rest: Rest::default(),
        };
        let id = resource.id;
        self.change_resources(room, |content| {
            content.resources.push(resource.clone());
            Ok(())
        })
        .await?;
        Ok(id)
    }

    /// Gives a resource another title, or another place to lead to; what is `None` stays. A dropped
    /// future leaves it done or not.
    ///
    /// # Errors
    /// [`ConversationError::NoSuchResource`], and as [`Conversations::add_link`].
    pub async fn edit_resource(
        &mut self,
        room: RoomId,
        id: ResourceId,
        title: Option<&str>,
        url: Option<&str>,
    ) -> Result<(), ConversationError> {
        title.map_or(Ok(()), words::check_title)?;
        url.map_or(Ok(()), words::check_url)?;
        self.change_resources(room, |content| {
            let at = position(content, id)?;
            let resource = &mut content.resources[at];
            if let Some(title) = title {
                title.clone_into(&mut resource.title);
            }
            if let Some(url) = url {
                (resource.url, resource.file) = (Some(url.to_owned()), None);
            }
            Ok(())
        })
        .await
    }

    /// Removes a resource; what it leads to stays. A dropped future leaves it done or not.
    ///
    /// # Errors
    /// [`ConversationError::NoSuchResource`]; the typed cause otherwise.
    pub async fn remove_resource(
        &mut self,
        room: RoomId,
        id: ResourceId,
    ) -> Result<(), ConversationError> {
        self.change_resources(room, |content| {
            let at = position(content, id)?;
            content.resources.remove(at);
            Ok(())
        })
        .await
    }

    /// Moves a resource to a place among the others, 0 for the first; behind the last is the last. A
    /// dropped future leaves it done or not.
    ///
    /// # Errors
    /// [`ConversationError::NoSuchResource`]; the typed cause otherwise.
    pub async fn move_resource(
        &mut self,
        room: RoomId,
        id: ResourceId,
        to: usize,
    ) -> Result<(), ConversationError> {
        self.change_resources(room, |content| {
            let at = position(content, id)?;
            let resource = content.resources.remove(at);
            let to = to.min(content.resources.len());
            content.resources.insert(to, resource);
            Ok(())
        })
        .await
    }

    /// Seals the state with other resources; where somebody else was first, theirs are kept.
    async fn change_resources(
        &mut self,
        room: RoomId,
        change: impl Fn(&mut RoomStateContent) -> Result<(), ConversationError>,
    ) -> Result<(), ConversationError> {
        self.sync(room).await?;
        self.commit_if_over(room).await?;
        for _ in 0..ATTEMPTS {
            self.read_state(room).await?;
            let state = &self.room(room)?.state;
            let mut content = state.content().clone();
            change(&mut content)?;
            let settings = state.settings.to_carry().cloned();
            let put = self.put_state_of(room, settings.as_ref(), &content).await;
            match put {
                Ok(()) => {
                    self.room(room)?.state.take_content(content);
                    return Ok(());
                }
                Err(error) if error.refusal() == Some(ErrorCode::StateConflict) => {}
                // Another epoch has begun.
                Err(error) if error.refusal() == Some(ErrorCode::StaleEpoch) => {}
                Err(error) => return Err(error),
            }
            self.sync(room).await?;
        }
        Err(ConversationError::Contended)
    }
}

fn position(content: &RoomStateContent, id: ResourceId) -> Result<usize, ConversationError> {
    let mut resources = content.resources.iter();
    let at = resources.position(|resource| resource.id == id);
    at.ok_or(ConversationError::NoSuchResource(id))
}

/// How often it is tried while others change it.
const ATTEMPTS: usize = 8;
