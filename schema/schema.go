// Package schema holds the GraphQL schema of Grapnel as it is written: projects
// build on it.
package schema

import "embed"

// Files are the *.graphqls files of this folder.
//
//go:embed *.graphqls
var Files embed.FS

// Whole are these files and those that are made from them: the schema of Grapnel itself
// with all its directives.
//
//go:embed *.graphqls gen/*.graphqls
var Whole embed.FS
