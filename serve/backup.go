package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/archive"
	"github.com/grapnel/grapnel/internal/config"
	"github.com/grapnel/grapnel/storage/s3"
)

// place is where an archive is.
type place interface {
	// write stores what f writes, whole or not at all.
	write(ctx context.Context, f func(io.Writer) error) error
	open(ctx context.Context) (io.ReadCloser, error)
	exists(ctx context.Context) (bool, error)
	io.Closer
}

// openPlace finds the place that the user names.
func openPlace(ctx context.Context, s config.Settings, name string, a config.Archive) (place, error) {
	if name == "" {
		return nil, errors.New("the archive has no name")
	}
	u, err := url.Parse(name)
	if err != nil || !strings.Contains(name, "://") {
		return inFile(name), nil
	}
	key := strings.TrimPrefix(u.Path, "/")
	if u.Scheme != "s3" || u.Host == "" || key == "" {
		return nil, fmt.Errorf("%q is no file and no s3://BUCKET/KEY", name)
	}
	store, err := s3.Open(ctx, s3.Config{Bucket: u.Host, Endpoint: cmp.Or(a.Endpoint, s.S3Endpoint), Region: s.S3Region})
	if err != nil {
		return nil, err
	}
	return inBucket{store, key}, nil
}

// inFile is an archive in a file.
type inFile string

func (p inFile) write(_ context.Context, f func(io.Writer) error) error {
	return writeFile(string(p), 0o600, f)
}

func (p inFile) open(context.Context) (io.ReadCloser, error) { return os.Open(string(p)) }

func (p inFile) exists(context.Context) (bool, error) {
	if dir := filepath.Dir(string(p)); !isDir(dir) {
		return false, fmt.Errorf("there is no folder %s", dir)
	}
	_, err := os.Lstat(string(p))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func (p inFile) Close() error { return nil }

// inBucket is an archive in S3.
type inBucket struct {
	*s3.Store
	key string
}

func (p inBucket) write(ctx context.Context, f func(io.Writer) error) error {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := f(w)
		w.CloseWithError(err) // io.EOF for none
		done <- err
	}()
	err := p.Put(ctx, p.key, r, core.ObjectMeta{ContentType: "application/zstd"})
	r.CloseWithError(err) // ends f
	if failed := <-done; failed != nil && err == nil {
		return failed
	}
	return err
}

func (p inBucket) open(ctx context.Context) (io.ReadCloser, error) {
	return p.Open(ctx, p.key, 0, -1)
}

func (p inBucket) exists(ctx context.Context) (bool, error) {
	_, err := p.Stat(ctx, p.key)
	if core.Is(err, core.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// backup copies the installation of the settings into an archive.
func (p Project) backup(ctx context.Context, s config.Settings, c config.Backup, log *slog.Logger, w io.Writer) (err error) {
	to, err := openPlace(ctx, s, c.To, c.Archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if there, err := to.exists(ctx); err != nil || there {
		return cmp.Or(err, fmt.Errorf("%s is there already; choose another name", c.To))
	}
	if s.MongoDBURI == "" {
		if _, err := os.Stat(embeddedDocs(s)); err != nil {
			return fmt.Errorf("there is nothing to copy: %w", err)
		}
	}
	st, err := openStores(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	f := &findings{w: w}
	var m archive.Manifest
	err = to.write(ctx, func(out io.Writer) error {
		a, err := archive.NewWriter(out)
		if err != nil {
			return err
		}
		b := core.Backup{Specs: p.Specs, Docs: st.docs, Objects: st.objects, Write: a.Write, Found: func(is core.Problem) {
			a.LeaveOut()
			f.found(is)
		}}
		if _, _, err := b.Run(ctx); err != nil {
			return err
		}
		m, err = a.Close()
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Wrote %s with %s and %s.\n", c.To, count(int(m.Documents), "document"), count(int(m.Files), "file"))
	if f.problems > 0 {
		return fmt.Errorf("%s in what was copied; see what check --files says", count(f.problems, "problem"))
	}
	return nil
}

// restore fills the stores of the settings. The archive is read twice: nothing is written
// of one that is damaged.
func (p Project) restore(ctx context.Context, s config.Settings, c config.Restore, log *slog.Logger, w io.Writer) (err error) {
	from, err := openPlace(ctx, s, c.From, c.Archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	var m archive.Manifest
	read := func(use func(core.BackupEntry) bool) error {
		in, err := from.open(ctx)
		if err != nil {
			return err
		}
		defer in.Close()
		for e, err := range archive.Read(in, func(is archive.Manifest) { m = is }) {
			if err != nil || !use(e) {
				return err
			}
		}
		return nil
	}
	if err := read(func(core.BackupEntry) bool { return ctx.Err() == nil }); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	what := fmt.Sprintf("%s and %s of %s", count(int(m.Documents), "document"), count(int(m.Files), "file"), m.Made.Format(time.RFC3339))
	fmt.Fprintf(w, "%s is whole: %s.\n", c.From, what)
	if m.LeftOut > 0 {
		fmt.Fprintf(w, "It lacks %d of the documents and files of then, which could not be read.\n", m.LeftOut)
	}
	if c.Verify {
		return nil
	}
	st, err := openStores(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	r := core.Restore{Specs: p.Specs, Docs: st.docs, Objects: st.objects, Replace: c.Replace, Entries: func(yield func(core.BackupEntry, error) bool) {
		if err := read(func(e core.BackupEntry) bool { return yield(e, nil) }); err != nil {
			yield(core.BackupEntry{}, err)
		}
	}}
	if _, _, err := r.Run(ctx); err != nil {
		return err
	}
	fmt.Fprintf(w, "Restored %s to %s and %s.\n", what, st.docsAt, st.objectsAt)
	return nil
}
