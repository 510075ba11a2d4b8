/** All scenes by name. */
export { accountDoor, accountMade, keyless, unkept, upgrade } from "./accounts.js";
export { alarms } from "./alarms.js";
export { cuts, endings } from "./cuts.js";
export { door, screens } from "./door.js";
export { halls } from "./halls.js";
export { files, filesUnderWay } from "./files.js";
export { invitations, keys, people, peopleTrouble, settings } from "./people.js";
export { administered, reportedAndKept, saidOfMessages } from "./said.js";
export { resources } from "./kept.js";
export { lobby, rooms } from "./talk.js";
export { conversations, groups } from "./talks.js";
export { flood, wire } from "./wire.js";
