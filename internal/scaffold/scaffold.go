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
	// Grapnel is a version, or the folder of a checkout that the project shall
	// depend on. When it is empty it is what this program is from: a release, or
	// else a copy of its sources, so that the project can be moved and built anywhere.
	Grapnel string
}

// source is where a project has Grapnel from.
type source struct {
	Version string
	Replace string // what go.mod puts in its place; none for a release
	copyOf  string // the checkout of which the project gets a copy, or none
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
	from, err := p.source()
	if err != nil {
		return err
	}
	if err := write(dir, p, from); err != nil {
		return err
	}
	if from.copyOf != "" {
		fmt.Fprintf(out, "Copying Grapnel, which is no release, into third_party/grapnel …\n")
		if err := copySources(ctx, from.copyOf, filepath.Join(dir, "third_party", "grapnel")); err != nil {
			return err
		}
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
	fmt.Fprintf(out, "\n%s is ready.\n\n  cd %s\n  go run .\n\nTo declare types, see schema/README.md.\n", p.Module, p.Dir)
	return nil
}

var moduleForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._~-]*(/[a-zA-Z0-9._~-]+)*$`)

// source finds out where the project will have Grapnel from.
func (p Plan) source() (source, error) {
	switch {
	case p.Grapnel == "":
		info, _ := debug.ReadBuildInfo()
		return origin(info)
	case version.MatchString(p.Grapnel):
		return source{Version: p.Grapnel}, nil
	}
	checkout, err := checkoutAt(p.Grapnel)
	return source{Version: noVersion, Replace: checkout}, err
}

// noVersion stands in go.mod for what is replaced.
const noVersion = "v0.0.0"

func checkoutAt(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if mod, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil || !strings.Contains(string(mod), "module "+grapnel) {
		return "", fmt.Errorf("%s is no checkout of Grapnel, and no version such as v0.2.0", dir)
	}
	return dir, nil
}

// ofImage are the files that a container image is built by.
var ofImage = map[string]bool{"files/Dockerfile.tmpl": true, "files/dot-dockerignore.tmpl": true}

// write makes the files.
func write(dir string, p Plan, from source) error {
	data := struct {
		source
		Module, Name string
		Copy         bool
	}{from, p.Module, p.Module[strings.LastIndexByte(p.Module, '/')+1:], from.copyOf != ""}
	return fs.WalkDir(files, "files", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.IsAbs(data.Replace) && ofImage[path] {
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

// origin is the Grapnel that a program was built from: a released version, or a copy of
// its sources. info is nil when the program does not tell.
func origin(info *debug.BuildInfo) (source, error) {
	var folders []string // where the sources may be
	if info != nil {
		for _, m := range append(info.Deps, &info.Main) {
			switch {
			case m.Path != grapnel:
			case m.Replace != nil:
				folders = append(folders, m.Replace.Path)
			case release.MatchString(m.Version):
				return source{Version: m.Version}, nil
			}
		}
	}
	if _, file, _, ok := runtime.Caller(0); ok {
		folders = append(folders, filepath.Dir(filepath.Dir(filepath.Dir(file))))
	}
	for _, dir := range append(folders, ".") {
		if checkout, err := checkoutAt(dir); err == nil {
			return source{Version: noVersion, Replace: "./third_party/grapnel", copyOf: checkout}, nil
		}
	}
	return source{}, errors.New("this program does not know where its sources are; say so with --grapnel: a version such as v0.2.0, or the folder of a checkout")
}

// version is any that a module can have, release one that is published as such.
var (
	version = regexp.MustCompile(`^v\d+\.\d+\.\d+`)
	release = regexp.MustCompile(`^v\d+\.\d+\.\d+(-(alpha|beta|rc)[.0-9]*)?$`)
)

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
