package grapnel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// Vars are the variables of an operation.
type Vars = map[string]any

// From is the server as a client at another address sees it, such as 127.0.0.2:
// all of 127.0.0.0/8 is this machine. Limits by address count it apart.
func (s *Server) From(address string) *Server {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	s.t.Cleanup(transport.CloseIdleConnections)
	other := *s
	other.client = &http.Client{Transport: transport}
	return &other
}

// Through is the server as a client sees it through a proxy at url.
func (s *Server) Through(url string, client *http.Client) *Server {
	process := *s.Process
	process.URL = url
	return &Server{Process: &process, t: s.t, client: client}
}

// In is the server with its failures reported to another test.
func (s *Server) In(t testing.TB) *Server {
	other := *s
	other.t = t
	return &other
}

// Post sends an operation; the answer is decoded, data under "data".
func (s *Server) Post(token, query string, v Vars) (map[string]any, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": v})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest("POST", s.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return s.Send(token, req)
}

// Send sends a request whose answer is GraphQL's.
func (s *Server) Send(token string, req *http.Request) (map[string]any, error) {
	a, err := s.Do(token, req)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(a.Body, &out)
}

// Answer is an answer over HTTP, read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request.
func (s *Server) Do(token string, req *http.Request) (*Answer, error) {
	ctx, cancel := context.WithTimeout(req.Context(), time.Minute)
	defer cancel()
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := s.client.Do(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return &Answer{Status: res.StatusCode, Header: res.Header, Body: body}, err
}

// Get is one value of an operation that must succeed.
func (s *Server) Get(token, query string, v Vars, path string) any {
	s.t.Helper()
	out, err := s.Post(token, query, v)
	if err != nil {
		s.t.Fatal(err)
	}
	if out["errors"] != nil {
		s.t.Fatalf("%s\nanswered %v\n%s", query, out["errors"], s.Log)
	}
	return Dig(out["data"], path)
}

// Refused sends an operation that must fail with this code.
func (s *Server) Refused(token, query string, v Vars, code string) {
	s.t.Helper()
	out, err := s.Post(token, query, v)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := Code(out); got != code {
		s.t.Errorf("%s %v\nanswered %v, want %s", query, v, out, code)
	}
}

// Code is the code of the first error of an answer; empty when it has none.
func Code(answer map[string]any) string {
	code, _ := Dig(answer["errors"], "0.extensions.code").(string)
	return code
}

// Dig is the value at a path such as "posts.nodes.0.id". Whatever step follows a
// list leads to its first entry.
func Dig(at any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			if len(v) == 0 {
				return nil
			}
			at = v[0]
		default:
			return nil
		}
	}
	return at
}

// Wants compares values of an answer by their paths.
func Wants(t testing.TB, at any, want map[string]any) {
	t.Helper()
	for path, w := range want {
		if got := Dig(at, path); fmt.Sprint(got) != fmt.Sprint(w) {
			t.Errorf("%s is %v, want %v", path, got, w)
		}
	}
}

// SignIn is the access token of an account.
func (s *Server) SignIn(email, password string) string {
	s.t.Helper()
	return s.Get("", `mutation($e: String!, $p: String!) { signIn(input: {email: $e, password: $p}) { tokens { accessToken } } }`,
		Vars{"e": email, "p": password}, "signIn.tokens.accessToken").(string)
}

// SignUp makes the account name@example.org, which is then signed in.
func (s *Server) SignUp(name string) (token, id string) {
	s.t.Helper()
	out, err := s.Post("", `mutation($n: String!, $e: String!, $p: String!) { signUp(input: {username: $n, email: $e, password: $p}) { viewer { id } tokens { accessToken } } }`,
		Vars{"n": name, "e": name + "@example.org", "p": Password})
	if err != nil || out["errors"] != nil {
		s.t.Fatalf("sign up %s: %v %v", name, err, out["errors"])
	}
	return Dig(out, "data.signUp.tokens.accessToken").(string), Dig(out, "data.signUp.viewer.id").(string)
}

// File is a file to upload. Its body may be slow, and as long as it likes.
type File struct {
	Name string
	// Header of the part; Content-Disposition and Content-Type are made when it
	// has none.
	Header textproto.MIMEHeader
	Body   io.Reader
}

const uploadFile = `mutation($f: Upload!) { uploadAsset(input: {file: $f}) { asset { id url width contentType filename size } } }`

// Form is a request of the multipart request specification that uploads a file.
// Its body has no Content-Length, so it is sent in chunks.
func (s *Server) Form(f File) *http.Request {
	s.t.Helper()
	return s.form(uploadFile, Vars{"f": nil}, &f)
}

// Multipart is a request of the multipart request specification without a file.
func (s *Server) Multipart(query string, v Vars) *http.Request {
	s.t.Helper()
	return s.form(query, v, nil)
}

func (s *Server) form(query string, v Vars, f *File) *http.Request {
	s.t.Helper()
	r, w := io.Pipe()
	m := multipart.NewWriter(w)
	parts := Vars{}
	if f != nil {
		parts["0"] = []string{"variables.f"}
	}
	go func() {
		err := errors.Join(field(m, "operations", Vars{"query": query, "variables": v}), field(m, "map", parts))
		if f != nil && err == nil {
			err = f.write(m)
		}
		if err == nil { // a body that breaks off leaves the form open
			err = m.Close()
		}
		w.CloseWithError(err)
	}()
	req, err := http.NewRequest("POST", s.URL+"/graphql", r)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", m.FormDataContentType())
	req.Header.Set("GraphQL-Require-Preflight", "1")
	return req
}

func field(m *multipart.Writer, name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return m.WriteField(name, string(text))
}

func (f *File) write(m *multipart.Writer) error {
	h := f.Header
	if h == nil {
		h = textproto.MIMEHeader{}
	}
	if h.Get("Content-Disposition") == "" {
		h.Set("Content-Disposition", multipart.FileContentDisposition("0", f.Name))
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/octet-stream")
	}
	part, err := m.CreatePart(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, f.Body)
	return err
}

// Upload sends a file; body may be slow.
func (s *Server) Upload(token, filename string, body io.Reader) (map[string]any, error) {
	s.t.Helper()
	return s.Send(token, s.Form(File{Name: filename, Body: body}))
}
