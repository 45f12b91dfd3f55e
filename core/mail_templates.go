package core

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	texttemplate "text/template"

	"golang.org/x/text/language"
)

// embeddedMails are the templates: mails/LANGUAGE/NAME.txt, and the HTML around each text.
//
//go:embed mails
var embeddedMails embed.FS

const (
	mailLayout = "layout.html"
	// maxMailTemplate bounds a file of templates, in bytes.
	maxMailTemplate = 256 << 10
	maxSubject      = 200
)

// mailTemplates are the words of all mails in all languages. What is missing in a language
// is said in English.
type mailTemplates struct {
	texts     map[string]*texttemplate.Template // by LANGUAGE/NAME
	htmls     map[string]*htmltemplate.Template // the same, where the layout does not do
	layout    *htmltemplate.Template
	languages []language.Tag // English first
}

// mailData is what a template may name.
type mailData struct {
	Site string // the title of the site
	Name string // of the receiver
	URL  string // of the server
	Link string // what the receiver is to open; empty in mails without one
	Code string // what the receiver is to type; empty in mails without one
}

// laidOut is what HTML may name beside that: the text in its parts.
type laidOut struct {
	mailData
	Language, Subject string
	Paragraphs        []mailParagraph
}

// mailParagraph is one paragraph of the text, or an address that stands by itself.
type mailParagraph struct{ Text, Link string }

// wording is what a mail says.
type wording struct{ Subject, Text, HTML string }

// newMailTemplates reads the templates, those of the folder in place of ours, and tries out
// each. The error says what is wrong in which file.
func newMailTemplates(folder fs.FS) (*mailTemplates, error) {
	t := &mailTemplates{texts: map[string]*texttemplate.Template{}, htmls: map[string]*htmltemplate.Template{}}
	ours, err := fs.Sub(embeddedMails, "mails")
	if err == nil {
		err = t.read(ours, nil)
	}
	if err == nil && folder != nil {
		names := map[string]bool{}
		for place := range t.texts {
			names[path.Base(place)] = true
		}
		err = t.read(folder, names)
	}
	if err != nil {
		return nil, fmt.Errorf("templates of mails: %w", err)
	}
	t.languages = []language.Tag{language.English}
	for _, place := range slices.Sorted(maps.Keys(t.texts)) {
		if tag := language.Make(path.Dir(place)); !slices.Contains(t.languages, tag) {
			t.languages = append(t.languages, tag)
		}
	}
	sample := mailData{Site: "Site", Name: "Name", URL: "https://example.org", Link: "https://example.org/#x=y", Code: "12345678"}
	for _, tag := range t.languages {
		for place := range t.texts {
			if _, err := t.word(path.Base(place), tag.String(), sample); err != nil {
				return nil, fmt.Errorf("templates of mails: %w", err)
			}
		}
	}
	return t, nil
}

// read takes the templates of a folder; known are the mails that there may be, nil: any.
func (t *mailTemplates) read(folder fs.FS, known map[string]bool) error {
	return fs.WalkDir(folder, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") { // what systems and editors leave
			return err
		}
		place, kind := strings.TrimSuffix(file, path.Ext(file)), path.Ext(file)
		tag, name := path.Split(place)
		if tag = strings.TrimSuffix(tag, "/"); file != mailLayout {
			if _, err := language.Parse(tag); err != nil || kind != ".txt" && kind != ".html" || strings.Contains(tag, "/") {
				return fmt.Errorf("%s is neither %s nor LANGUAGE/MAIL.txt or .html", file, mailLayout)
			}
			if known != nil && !known[name] {
				return fmt.Errorf("%s: there is no mail %q; there are %s", file, name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			}
		}
		info, err := entry.Info()
		if err == nil && info.Size() > maxMailTemplate {
			err = fmt.Errorf("%s has more than %d bytes", file, maxMailTemplate)
		}
		if err != nil {
			return err
		}
		source, err := fs.ReadFile(folder, file)
		if err != nil {
			return err
		}
		if kind == ".txt" {
			t.texts[place], err = texttemplate.New(file).Parse(string(source))
			return err
		}
		html, err := htmltemplate.New(file).Parse(string(source))
		if file == mailLayout {
			t.layout = html
		} else {
			t.htmls[place] = html
		}
		return err
	})
}

// language is the one of ours that fits a tag best (BCP 47).
func (t *mailTemplates) language(wanted string) string {
	_, i, _ := language.NewMatcher(t.languages).Match(language.Make(wanted))
	return t.languages[i].String()
}

// word fills the templates of a mail in a language.
func (t *mailTemplates) word(name, in string, data mailData) (w wording, err error) {
	data.Site = cmp.Or(data.Site, data.URL)
	place := in + "/" + name
	if t.texts[place] == nil {
		in = language.English.String()
		place = in + "/" + name
	}
	text := t.texts[place]
	if text == nil {
		return w, fmt.Errorf("there is no mail %q", name)
	}
	var b bytes.Buffer
	if err := text.Execute(&b, data); err != nil {
		return w, err
	}
	subject, body, _ := strings.Cut(strings.ReplaceAll(b.String(), "\r\n", "\n"), "\n")
	subject, marked := strings.CutPrefix(subject, "Subject:")
	w.Subject, w.Text = strings.Join(strings.Fields(subject), " "), strings.TrimSpace(body)+"\n"
	if !marked || w.Subject == "" || strings.TrimSpace(body) == "" {
		return w, errors.New(place + ".txt must have Subject: and what the mail is about in its first line, and its text below")
	}
	if r := []rune(w.Subject); len(r) > maxSubject {
		w.Subject = string(r[:maxSubject]) + "…"
	}
	html := cmp.Or(t.htmls[place], t.layout)
	b.Reset()
	err = html.Execute(&b, laidOut{data, in, w.Subject, paragraphs(w.Text)})
	w.HTML = b.String()
	return w, err
}

// paragraphs are the parts of a text between empty lines.
func paragraphs(text string) (list []mailParagraph) {
	for part := range strings.SplitSeq(text, "\n\n") {
		part = strings.TrimSpace(part)
		switch {
		case part == "":
		case (strings.HasPrefix(part, "https://") || strings.HasPrefix(part, "http://")) && !strings.ContainsAny(part, " \t\n"):
			list = append(list, mailParagraph{Link: part})
		default:
			list = append(list, mailParagraph{Text: part})
		}
	}
	return list
}
