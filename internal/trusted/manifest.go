// Package trusted makes and reads the manifests of trusted documents: the
// operations of a frontend, which a server then runs and no others.
package trusted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxManifest bounds a file of documents, in bytes.
const maxManifest = 32 << 20

// The format that [Manifest.Write] writes and [Read] knows by its name.
const (
	apolloFormat  = "apollo-persisted-query-manifest"
	apolloVersion = 1
)

// Operation is what a manifest holds of an operation.
type Operation struct {
	ID   string `json:"id"` // sha256 of Body, in hexadecimal
	Name string `json:"name"`
	Type string `json:"type"` // query, mutation or subscription
	Body string `json:"body"` // the operation and every fragment that it needs
}

// Manifest holds operations in the order of their names.
type Manifest []Operation

type apolloManifest struct {
	Format     string   `json:"format"`
	Version    int      `json:"version"`
	Operations Manifest `json:"operations"`
}

// Write writes the manifest in Apollo's format.
func (m Manifest) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(apolloManifest{apolloFormat, apolloVersion, m})
}

// Load reads manifests into one map, as [Read] does.
func Load(files []string) (map[string]string, error) {
	all := map[string]string{}
	for _, file := range files {
		docs, err := readFile(file)
		if err != nil {
			return nil, err
		}
		for id, text := range docs {
			if old, ok := all[id]; ok && old != text {
				return nil, fmt.Errorf("%s: the id %q has another document here than in the files before", file, id)
			}
			all[id] = text
		}
	}
	return all, nil
}

func readFile(name string) (map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	docs, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return docs, nil
}

// Read reads a manifest into a map from ids to documents: either Apollo's
// format, or an object of ids and documents, which graphql-codegen and
// relay-compiler write. It is never empty. A prefix "sha256:" of an id is cut off.
//
// Whether an id is the hash of its document is not checked: tools hash texts that
// they print in ways of their own, or count differently altogether (MD5, SHA-1).
// It would prove nothing either: who can change a document in the manifest can
// change its id there, too.
func Read(r io.Reader) (map[string]string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxManifest {
		return nil, fmt.Errorf("the manifest has more than %d MiB", maxManifest>>20)
	}
	members, err := membersOf(data)
	if err != nil {
		return nil, err
	}
	docs := documents{}
	for _, m := range members {
		if m.name == "format" {
			return readApollo(data)
		}
	}
	for _, m := range members {
		var text *string
		if err := json.Unmarshal(m.value, &text); err != nil || text == nil {
			return nil, fmt.Errorf("what the id %q stands for is not the text of a document", m.name)
		}
		if err := docs.add(m.name, *text); err != nil {
			return nil, fmt.Errorf("the document of the id %q %w", m.name, err)
		}
	}
	if len(docs) == 0 {
		return nil, errors.New("the manifest has no documents")
	}
	return docs, nil
}

type member struct {
	name  string
	value json.RawMessage
}

// membersOf reads exactly one JSON object. Unlike a map, the list keeps a name
// that is there twice.
func membersOf(data []byte) (list []member, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	t, err := d.Token()
	if err == nil && t != json.Delim('{') {
		return nil, errors.New("the manifest is not a JSON object")
	}
	for err == nil && d.More() {
		var m member
		if t, err = d.Token(); err == nil {
			m.name, _ = t.(string) // nothing else can be a name
			err = d.Decode(&m.value)
			list = append(list, m)
		}
	}
	if err == nil {
		_, err = d.Token() // the end of the object
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("the manifest is not valid JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("the manifest has text after its JSON object")
	}
	return list, nil
}

// documents are texts by id.
type documents map[string]string

func (docs documents) add(id, text string) error {
	id = strings.TrimPrefix(id, "sha256:")
	switch old, ok := docs[id]; {
	case id == "":
		return errors.New("has no id")
	case strings.TrimSpace(text) == "":
		return errors.New("is empty")
	case ok && old != text:
		return errors.New("is there twice, with different texts")
	}
	docs[id] = text
	return nil
}

func readApollo(data []byte) (documents, error) {
	var m apolloManifest
	err := json.Unmarshal(data, &m)
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
		err = fmt.Errorf("%s cannot be of the type %s", wrong.Field, wrong.Value)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("the manifest is not in Apollo's format: %w", err)
	case m.Format != apolloFormat:
		return nil, fmt.Errorf("the format of the manifest is %q, and only %q is known", m.Format, apolloFormat)
	case m.Version != apolloVersion:
		return nil, fmt.Errorf("the version of the manifest is %d, and only %d is known", m.Version, apolloVersion)
	case len(m.Operations) == 0:
		return nil, errors.New("the manifest has no operations")
	}
	docs := documents{}
	for i, op := range m.Operations {
		if err := docs.add(op.ID, op.Body); err != nil {
			return nil, fmt.Errorf("operation %d (%q, with the id %q) %w", i+1, op.Name, op.ID, err)
		}
	}
	return docs, nil
}
