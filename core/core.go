// Package core is Grapnel in plain Go: its types, rules and services, and the
// ports through which it stores things. It knows no transport, no driver and no
// generated code.
//
// # A tour
//
// [App] holds one service for each noun: [Users], [Sessions], [Posts] and
// [Assets]. A service speaks intent (SignIn, Publish, Upload), validates its
// input all at once, and calls the [Collection] of its type.
//
// A Collection is the one mechanism behind every stored type. It holds the
// rules, versions, pages, links and changes, over a [DocStore]; a [Spec] tells
// it, and the store, what the type is. Documents are structs with bson tags that
// embed [Head].
//
// A type that a project declares in its schema gets a [Model] around its
// Collection: constraints, references, and the [Hooks] that the project sets.
// The Specs of all types, ours too, are made from the schema.
//
// Who calls is the [Principal] in the context. Its rights become a [Filter]
// that goes into every read and write, so that what the caller may not see does
// not exist for it, and nothing happens between a check and an act. The same
// filter runs in the stores and in memory ([Filter.Match]).
//
// Bytes of files pass through Assets into an [ObjectStore] without resting
// anywhere.
//
// Every error that a caller can act on is an [*Error]; its message is safe to
// show, its cause is only logged.
package core
