package filesystem

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/grapnel/grapnel/core"
)

const (
	// listPage is how many keys a listing holds. Their order is not that of the
	// folders, so that each page looks at all names.
	listPage = 1 << 16
	// listChunk is how many names are read of a folder at a time.
	listChunk = 1024
)

// List implements core.ObjectStore. Files that are no objects are passed over.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[core.Object, error] {
	return s.list(ctx, prefix, listPage)
}

func (s *Store) list(ctx context.Context, prefix string, page int) iter.Seq2[core.Object, error] {
	return func(yield func(core.Object, error) bool) {
		for after := ""; ; {
			keys, more, err := s.keys(ctx, prefix, after, page)
			if err != nil {
				yield(core.Object{}, err)
				return
			}
			for _, key := range keys {
				object, err := s.object(key)
				if core.Is(err, core.NotFound) {
					continue // gone meanwhile
				}
				if !yield(object, err) || err != nil {
					return
				}
			}
			if !more {
				return
			}
			after = keys[len(keys)-1]
		}
	}
}

func (s *Store) object(key string) (core.Object, error) {
	name, err := fileName(key)
	if err != nil {
		return core.Object{}, err
	}
	info, err := s.root.Stat(name)
	if err != nil {
		return core.Object{}, missing(err)
	}
	return core.Object{Key: key, Size: info.Size(), Modified: info.ModTime()}, nil
}

// keys is the first keys behind one, a page of them, and whether there are more.
func (s *Store) keys(ctx context.Context, prefix, after string, page int) (first []string, more bool, err error) {
	cut := func() {
		slices.Sort(first)
		if len(first) > page {
			first, more = first[:page], true
		}
	}
	last := "" // nothing behind it is wanted, once a page is full
	for shard := range shards {
		err := s.names(ctx, folder(byte(shard)), func(name string) {
			key, ok := unescape(name)
			if !ok || key <= after || !strings.HasPrefix(key, prefix) {
				return
			}
			if last != "" && key > last {
				more = true
				return
			}
			if first = append(first, key); len(first) == 2*page {
				cut()
				last = first[page-1]
			}
		})
		if err != nil {
			return nil, false, err
		}
	}
	cut()
	return first, more, nil
}

// names visits the names in a folder.
func (s *Store) names(ctx context.Context, dir string, visit func(string)) error {
	f, err := s.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return failed(err)
	}
	defer f.Close()
	for {
		if err := cancelled(ctx); err != nil {
			return err
		}
		names, err := f.Readdirnames(listChunk)
		for _, name := range names {
			visit(name)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return failed(err)
		}
	}
}

// unescape is the key that escape made a file name of.
func unescape(name string) (key string, ok bool) {
	b := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '%' {
			if i+3 > len(name) {
				return "", false
			}
			v, err := strconv.ParseUint(name[i+1:i+3], 16, 8)
			if err != nil {
				return "", false
			}
			c = byte(v)
			i += 2
		}
		b = append(b, c)
	}
	again, ok := escape(string(b))
	return string(b), ok && again == name
}
