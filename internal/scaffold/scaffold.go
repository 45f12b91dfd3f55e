// Package scaffold makes a new project: a Go module of its own on top of Grapnel.
package scaffold

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"text/template"
)

// grapnel is the module that projects build on.
const grapnel = "github.com/grapnel/grapnel"

//go:embed files
var files embed.FS

// Plan says what to make.
type Plan struct {
	Dir    string // must be empty or absent
	Module string // path of the new module; the name of Dir when empty
	// Grapnel is a version, or the folder of a checkout; found out when empty.
	Grapnel string
}

// New writes the project, fetches what it needs, and generates its code. It
// needs the go command. out tells a person what happens.
func New(ctx context.Context, p Plan, out io.Writer) error {
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		return err
	}
	if p.Module == "" {
		p.Module = filepath.Base(dir)
	}
	if !moduleForm.MatchString(p.Module) {
		return fmt.Errorf("%q cannot be the path of a Go module; give one with --module example.org/shop", p.Module)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("the folder %s is not empty", dir)
	}
	if _, err := exec.LookPath("go"); err != nil {
		return errors.New("the go command is not there; install Go 1.26 or newer from https://go.dev/dl/")
	}
	if p.Grapnel == "" {
		if p.Grapnel, err = origin(); err != nil {
			return err
		}
	}
	if err := write(dir, p); err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		args []string
	}{
		{"Fetching Grapnel", []string{"mod", "tidy", "-e"}},
		{"Generating code from the schema", []string{"generate", "."}},
		{"Tidying go.mod", []string{"mod", "tidy"}},
	} {
		fmt.Fprintf(out, "%s …\n", step.what)
		if err := run(ctx, dir, step.args...); err != nil {
			return fmt.Errorf("go %s: %w", strings.Join(step.args, " "), err)
		}
	}
	fmt.Fprintf(out, "\n%s is ready.\n\n  cd %s\n  go run .\n\nDeclare types in schema/, then run go generate . — README.md there shows how.\n", p.Module, p.Dir)
	return nil
}

var moduleForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._~-]*(/[a-zA-Z0-9._~-]+)*$`)

// write makes the files.
func write(dir string, p Plan) error {
	data := struct{ Module, Name, Version, Replace string }{Module: p.Module, Name: p.Module[strings.LastIndexByte(p.Module, '/')+1:], Version: p.Grapnel}
	if !strings.HasPrefix(p.Grapnel, "v") {
		checkout, err := filepath.Abs(p.Grapnel)
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(checkout, "go.mod")); err != nil {
			return fmt.Errorf("%s is no checkout of Grapnel: %w", checkout, err)
		}
		data.Version, data.Replace = "v0.0.0", checkout
	}
	return fs.WalkDir(files, "files", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || data.Replace != "" && strings.Contains(path, "ocker") {
			return err // an image cannot be built with a checkout that lies elsewhere
		}
		t, err := template.ParseFS(files, path)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, data); err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "files/"), ".tmpl")
		to := filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(name, "dot-", ".")))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, b.Bytes(), 0o644)
	})
}

// origin is the Grapnel that this program was built from: a released version,
// or the folder of its sources.
func origin() (string, error) {
	info, _ := debug.ReadBuildInfo()
	if info != nil {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path != grapnel {
				continue
			}
			if m.Replace != nil && m.Replace.Version == "" {
				return m.Replace.Path, nil
			}
			if release.MatchString(m.Version) {
				return m.Version, nil
			}
		}
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		if root := filepath.Dir(filepath.Dir(filepath.Dir(file))); exists(filepath.Join(root, "go.mod")) {
			return root, nil
		}
	}
	return "", errors.New("this program does not know where its sources are; say so with --grapnel: a version such as v0.2.0, or the folder of a checkout")
}

var release = regexp.MustCompile(`^v\d+\.\d+\.\d+(-(alpha|beta|rc)[.0-9]*)?$`)

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// run runs the go command in dir; what it printed is part of its error.
func run(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
