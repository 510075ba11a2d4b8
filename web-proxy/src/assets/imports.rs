//! Which modules a module needs before it runs.

use std::collections::{BTreeMap, BTreeSet};

use super::Asset;

/// The paths of a module and of everything that it imports statically, in their order.
///
/// Dynamic imports and the types in comments are `import(…)` and not counted.
pub(super) fn reachable(start: &str, files: &BTreeMap<String, Asset>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![start.to_owned()];
    while let Some(path) = open.pop() {
        let Some(asset) = files.get(&path) else {
            continue;
        };
        if let Ok(text) = str::from_utf8(&asset.bytes) {
            let imported = specifiers(text).filter_map(|to| resolve(&path, to));
            open.extend(imported.filter(|to| !found.contains(to)));
        }
        found.insert(path);
    }
    found
}

/// The relative specifiers of `import … from "…"`, `export … from "…"` and `import "…"`.
fn specifiers(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with(['*', '/']))
        .filter_map(|line| {
            let after = line
                .split_once(" from ")
                .or_else(|| line.split_once("import "))?
                .1;
            let quote = after
                .chars()
                .next()
                .filter(|quote| "\"'".contains(*quote))?;
            after[1..].split(quote).next()
        })
        .filter(|specifier| specifier.starts_with('.'))
}

/// The path that a relative specifier names; `None` if it leads out of the page's folder.
fn resolve(from: &str, specifier: &str) -> Option<String> {
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_imports_are_found_and_types_are_not() {
        let text = "import { a } from \"./a.js\";\n\
            import {\n  b,\n} from '../b.js';\n\
            import \"./c.js\";\n\
            export * from \"./d.js\";\n\
            /** @typedef {import(\"./types.js\").T} T */\n\
            \x20* import { x } from \"./comment.js\";\n\
            const later = import(\"./later.js\");\n\
            import { z } from \"bare\";\n";
        let found: Vec<_> = specifiers(text).collect();
        assert_eq!(found, ["./a.js", "../b.js", "./c.js", "./d.js"]);
    }

    #[test]
    fn specifiers_are_resolved_like_a_browser_does() {
        assert_eq!(
            resolve("ui/app.js", "./row.js").as_deref(),
            Some("ui/row.js")
        );
        assert_eq!(
            resolve("ui/app.js", "../main.js").as_deref(),
            Some("main.js")
        );
        assert_eq!(
            resolve("main.js", "./ui/x/y.js").as_deref(),
            Some("ui/x/y.js")
        );
        assert_eq!(resolve("main.js", "../out.js"), None);
    }
}
