// Command generate makes the code of a Grapnel project from its schema: run it
// by `go generate ./...`. See internal/gen for how.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/grapnel/grapnel/internal/gen"
)

func main() {
	dir, err := root()
	if err == nil {
		err = gen.Run(dir, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// root is the folder of the module around the present one.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("there is no go.mod here or above: run this inside a project")
		}
		dir = parent
	}
}
