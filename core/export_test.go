package core

import "context"

// What tests need to see of the inside.

func (a *App) HashRuns() int64 { return a.hasher.runs.Load() }

func (a *App) DiscardStale(ctx context.Context) (int, error) { return a.Assets.discardStale(ctx) }

var (
	MakeSlug   = makeSlug
	RenderHTML = newMarkdown().render
)

// DecodeCursor reads a cursor of posts by date and writes it again.
func DecodeCursor(cursor string) (again string, err error) {
	fields := map[string]Field{"_id": {Name: "_id"}, "date": {Name: "date", Kind: Time}}
	o := cursorOrder{coll: "posts", keys: []Order{{Field: "date", Desc: true}, {Field: "_id", Desc: true}}}
	values, err := o.decode(cursor, fields)
	if err != nil {
		return "", err
	}
	return o.encodeValues(values), nil
}
