// Package schema holds the GraphQL schema of Grapnel as it is written: projects
// build on it.
package schema

import "embed"

// Files are the *.graphqls files of this folder.
//
//go:embed *.graphqls
var Files embed.FS
