package core

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// OwnRecord is something that is stored about somebody, as they are given it.
type OwnRecord struct {
	Type string // in the schema
	ID   string
	// JSON is an object of the fields, named as in the schema; references are ids.
	JSON string
	// URL is where the bytes of a file are, nil for what is none.
	URL *string
	// Cursor is where the next page begins.
	Cursor string

	doc Node
}

// personal is a document of core alone that is about a user: its type, and what is told of it.
type personal interface {
	told() (typ string, fields map[string]any)
}

func (s *Session) told() (typ string, fields map[string]any) {
	return "UserSession", map[string]any{"userAgent": s.UserAgent, "address": s.Address, "lastUsedAt": s.RotatedAt, "expiresAt": s.ExpiresAt}
}

func (m *Mail) told() (typ string, fields map[string]any) {
	return "Mail", map[string]any{"subject": m.Subject, "to": m.To, "state": m.State, "sentAt": m.SentAt}
}

func (i *Invitation) told() (typ string, fields map[string]any) {
	return "Invitation", map[string]any{"email": i.Email, "role": i.Role, "username": i.Username, "displayName": i.DisplayName, "acceptedAt": i.AcceptedAt}
}

func (c *challenge) told() (typ string, fields map[string]any) {
	return "MailedLink", map[string]any{"purpose": c.Purpose, "address": c.Address, "expiresAt": c.ExpiresAt}
}

func (i *Identity) told() (typ string, fields map[string]any) {
	return "UserIdentity", map[string]any{"provider": i.Provider, "email": i.Email, "issuer": i.Issuer, "subject": i.Subject}
}

func (v *viewing) told() (typ string, fields map[string]any) {
	return "OpenRecord", map[string]any{"recordId": v.RecordID, "until": v.Until}
}

// section is the documents of a collection whose field holds a user.
type section struct{ coll, field string }

// ownSections are all of them, the users themselves first.
func (a *App) ownSections() (list []section) {
	list = append(list, section{a.Users.spec.Name, "_id"})
	for _, name := range slices.Sorted(maps.Keys(a.specs)) {
		s := a.specs[name]
		fields := s.ownerFields()
		if s.Personal != "" && !slices.Contains(fields, s.Personal) {
			fields = append(fields, s.Personal)
		}
		for _, field := range fields {
			list = append(list, section{name, field})
		}
	}
	return list
}

// OwnRecords is a page of all that is stored about the caller and that they may read, 20
// records when first is nil and 100 at most, behind the Cursor of one; none behind the last one.
// Of each it is what the schema declares, without secrets.
func (a *App) OwnRecords(ctx context.Context, first *int, after *string) ([]*OwnRecord, error) {
	if _, err := inPerson(ctx); err != nil {
		return nil, err
	}
	limit, _, err := PageArgs{First: first}.bounds()
	if err != nil {
		return nil, err
	}
	sections := a.ownSections()
	at, cursor, err := place(sections, after)
	if err != nil {
		return nil, err
	}
	records := []*OwnRecord{}
	for at < len(sections) && len(records) < limit {
		s := sections[at]
		page, next, err := a.types.named(s.coll).own(ctx, s.field, cursor, limit-len(records))
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			r.Cursor = s.cursor(r.Cursor)
			if asset, ok := r.doc.(*Asset); ok {
				r.URL = a.Assets.URL(asset)
			}
		}
		records = append(records, page...)
		if cursor = next; next == nil {
			at++
		}
	}
	return records, nil
}

// cursor is where a document stands among all that there is about a user; opaque.
func (s section) cursor(inside string) string {
	text, _ := json.Marshal([]string{s.coll, s.field, inside}) // texts always encode
	return base64.RawURLEncoding.EncodeToString(text)
}

// place is the section in which a cursor stands, and where in it.
func place(sections []section, after *string) (at int, inside *string, err error) {
	if !isCursor(after) {
		return 0, nil, nil
	}
	var parts []string
	text, err := base64.RawURLEncoding.DecodeString(*after)
	if err == nil {
		err = json.Unmarshal(text, &parts)
	}
	if err == nil && len(parts) == 3 {
		if at = slices.Index(sections, section{parts[0], parts[1]}); at >= 0 {
			return at, &parts[2], nil
		}
	}
	return 0, nil, invalidField("after", "CURSOR", "is no cursor of this list")
}

// own is a page of the documents of which a field holds the caller, and where the next one
// begins; nil behind the last one.
func (c *Collection[T]) own(ctx context.Context, field string, after *string, first int) (records []*OwnRecord, next *string, err error) {
	caller := PrincipalOf(ctx)
	where := Eq(field, caller.UserID)
	if _, about := any(new(T)).(personal); !about {
		where = And(where, c.may(ctx, Read))
	}
	page, err := c.Page(AsSystem(ctx), PageArgs{Where: where, OrderBy: c.spec.ownedOrder(field), First: &first, After: after})
	if err != nil {
		return nil, nil, err
	}
	for _, e := range page.Edges() {
		h := headOf(e.Node)
		r := &OwnRecord{Type: c.spec.Type, ID: h.ID, Cursor: e.Cursor(), doc: any(e.Node).(Node)}
		var fields map[string]any
		if about, ok := any(e.Node).(personal); ok {
			r.Type, fields = about.told()
		} else {
			fields = c.spec.plain(e.Node, c.spec.Attributes, func(a Attribute) bool {
				return len(a.Guard) == 0 || allowed(a.Guard, caller, Read, c.now()).Match(e.Node, nil)
			})
			fields["updatedAt"], fields["version"] = h.UpdatedAt, h.Version
		}
		fields["id"], fields["createdAt"] = h.ID, h.CreatedAt
		if r.JSON, err = plainJSON(fields); err != nil {
			return nil, nil, err
		}
		records = append(records, r)
	}
	if info := page.PageInfo(); info.HasNextPage {
		next = info.EndCursor
	}
	return records, next, nil
}

// plain is the values of attributes in doc, of those that tell says, as encoding/json writes them.
func (s *Spec) plain(doc any, attributes []Attribute, tell func(Attribute) bool) map[string]any {
	out := map[string]any{}
	for _, a := range attributes {
		v := valueOf(doc, a.Name)
		switch {
		case !tell(a) || !v.IsValid():
		case a.Kind != Document:
			out[a.Name] = v.Interface()
		default:
			parts := partsOf(doc, a.Name)
			for i, part := range parts {
				parts[i] = s.plain(part, s.Embedded[a.Type], func(Attribute) bool { return true })
			}
			if a.Array {
				out[a.Name] = parts
			} else if len(parts) > 0 {
				out[a.Name] = parts[0]
			}
		}
	}
	return out
}

func plainJSON(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}
