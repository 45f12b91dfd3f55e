// Code generated from schema/note.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"cmp"
	"context"

	"example.org/rules/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *queryResolver) Note(ctx context.Context, id string) (*model.Note, error) {
	return r.models.Notes.Get(ctx, id)
}

func (r *queryResolver) Notes(ctx context.Context, where *model.NoteWhere, orderBy *model.NoteOrder, first *int32, after *string, last *int32, before *string) (*core.Page[model.Note], error) {
	return translate.Page(ctx, r.models.Notes.Page, where, noteWhere, core.PageArgs{
		OrderBy: noteOrder(orderBy), Brief: !translate.Asks(ctx, "story", "storyHtml"), First: translate.Size(first), After: after, Last: translate.Size(last), Before: before,
	})
}

func (r *mutationResolver) CreateNote(ctx context.Context, input model.CreateNoteInput) (*model.CreateNotePayload, error) {
	doc, err := r.models.Notes.Create(ctx, createNote(ctx, &input))
	return &model.CreateNotePayload{Note: doc}, err
}

func (r *mutationResolver) UpdateNote(ctx context.Context, input model.UpdateNoteInput) (*model.UpdateNotePayload, error) {
	doc, err := r.models.Notes.Update(ctx, input.ID, translate.Version(input.ExpectedVersion), updateNote(&input))
	return &model.UpdateNotePayload{Note: doc}, err
}

func (r *mutationResolver) DeleteNote(ctx context.Context, input model.DeleteNoteInput) (*model.DeleteNotePayload, error) {
	err := r.models.Notes.Delete(ctx, input.ID, translate.Version(input.ExpectedVersion))
	return &model.DeleteNotePayload{DeletedID: input.ID}, err
}

func (r *subscriptionResolver) NoteChanged(ctx context.Context, where *model.NoteWhere) (<-chan *core.Change[model.Note], error) {
	return translate.Changes(ctx, r.models.Notes.Changed, where, noteWhere)
}

func noteWhere(w *translate.Reader, at string, in *model.NoteWhere) core.Filter {
	return core.And(
		translate.Logic(w, at, in.And, in.Or, in.Not, noteWhere),
		translate.ID(w, at, "id", "_id", in.ID),
		translate.ID(w, at, "writerId", "writerId", in.WriterID),
		translate.String(w, at, "secret", "secret", in.Secret),
		translate.Time(w, at, "createdAt", "createdAt", in.CreatedAt),
	)
}

func noteOrder(by *model.NoteOrder) []core.Order {
	if by == nil {
		return []core.Order{{Field: "createdAt", Desc: true}}
	}
	switch by.Field {
	}
	return translate.Order(by.Direction, "createdAt")
}

func createNote(ctx context.Context, in *model.CreateNoteInput) core.Edits[model.Note] {
	e := core.Edits[model.Note]{Apply: func(d *model.Note, c *core.Checker) {
		d.Title = in.Title
		d.State = model.NoteState("DRAFT")
		translate.Replace(&d.State, in.State)
		d.States = in.States.Value()
		d.Date = in.Date
		d.Due = in.Due.Value()
		d.Count = in.Count
		d.Size = in.Size.Value()
		d.Rating = in.Rating.Value()
		d.Pinned = in.Pinned
		d.Tags = in.Tags.Value()
		d.ParentID = in.ParentID.Value()
		d.WriterID = translate.OrCaller(ctx, in.WriterID)
		d.Secret = in.Secret.Value()
		d.Secrets = in.Secrets.Value()
		d.Limit = cmp.Or(in.Limit.Value(), new(int32(3)))
		d.Price = in.Price
		d.Story = in.Story.Value()
		d.Place = in.Place.Value()
	}}
	if in.Secret.Value() != nil {
		e.Guarded = append(e.Guarded, "secret")
	}
	if in.Secrets.Value() != nil {
		e.Guarded = append(e.Guarded, "secrets")
	}
	if in.Limit.Value() != nil {
		e.Guarded = append(e.Guarded, "limit")
	}
	e.Guarded = append(e.Guarded, "price")
	if in.Story.Value() != nil {
		e.Guarded = append(e.Guarded, "story")
	}
	if in.Place.Value() != nil {
		e.Guarded = append(e.Guarded, "place")
	}
	return e
}

func updateNote(in *model.UpdateNoteInput) core.Edits[model.Note] {
	e := core.Edits[model.Note]{Apply: func(d *model.Note, c *core.Checker) {
		translate.Replace(&d.Title, in.Title)
		translate.Replace(&d.State, in.State)
		translate.ReplaceList(&d.States, in.States)
		translate.Replace(&d.Date, in.Date)
		translate.Set(&d.Due, in.Due)
		translate.Replace(&d.Count, in.Count)
		translate.Set(&d.Size, in.Size)
		translate.Set(&d.Rating, in.Rating)
		translate.Replace(&d.Pinned, in.Pinned)
		translate.ReplaceList(&d.Tags, in.Tags)
		translate.Set(&d.ParentID, in.ParentID)
		translate.Set(&d.WriterID, in.WriterID)
		translate.Set(&d.Secret, in.Secret)
		translate.ReplaceList(&d.Secrets, in.Secrets)
		translate.Set(&d.Limit, in.Limit)
		translate.Replace(&d.Price, in.Price)
		translate.Set(&d.Story, in.Story)
		translate.Set(&d.Place, in.Place)
	}}
	if in.Secret.IsSet() {
		e.Guarded = append(e.Guarded, "secret")
	}
	if in.Secrets.IsSet() {
		e.Guarded = append(e.Guarded, "secrets")
	}
	if in.Limit.IsSet() {
		e.Guarded = append(e.Guarded, "limit")
	}
	if in.Price.Value() != nil {
		e.Guarded = append(e.Guarded, "price")
	}
	if in.Story.IsSet() {
		e.Guarded = append(e.Guarded, "story")
	}
	if in.Place.IsSet() {
		e.Guarded = append(e.Guarded, "place")
	}
	return e
}

func (r *noteResolver) Parent(ctx context.Context, obj *model.Note) (*model.Note, error) {
	return translate.Maybe(core.Follow(ctx, obj, "parent", func(d *model.Note) string { return translate.Deref(d.ParentID) }, r.models.Notes.Collection))
}

func (r *noteResolver) Writer(ctx context.Context, obj *model.Note) (*core.User, error) {
	return translate.Maybe(core.Follow(ctx, obj, "writer", func(d *model.Note) string { return translate.Deref(d.WriterID) }, r.app.Users.Collection))
}

func (r *noteResolver) Secret(ctx context.Context, obj *model.Note) (*string, error) {
	if r.models.Notes.Withholds(ctx, obj, "secret") {
		return nil, nil
	}
	return obj.Secret, nil
}

func (r *noteResolver) Secrets(ctx context.Context, obj *model.Note) ([]string, error) {
	if r.models.Notes.Withholds(ctx, obj, "secrets") {
		return nil, nil
	}
	return obj.Secrets, nil
}

func (r *noteResolver) Limit(ctx context.Context, obj *model.Note) (*int32, error) {
	if r.models.Notes.Withholds(ctx, obj, "limit") {
		return nil, nil
	}
	return obj.Limit, nil
}

func (r *noteResolver) Story(ctx context.Context, obj *model.Note) (*string, error) {
	if r.models.Notes.Withholds(ctx, obj, "story") {
		return nil, nil
	}
	whole, err := r.models.Notes.Whole(ctx, obj)
	if err != nil {
		return nil, err
	}
	return whole.Story, nil
}

func (r *noteResolver) StoryHTML(ctx context.Context, obj *model.Note) (*string, error) {
	if r.models.Notes.Withholds(ctx, obj, "story") {
		return nil, nil
	}
	whole, err := r.models.Notes.Whole(ctx, obj)
	if err != nil {
		return nil, err
	}
	return translate.HTML(ctx, r.app, obj.ID+"-story", whole.Story)
}

func (r *noteResolver) Place(ctx context.Context, obj *model.Note) (*model.Place, error) {
	if r.models.Notes.Withholds(ctx, obj, "place") {
		return nil, nil
	}
	return obj.Place, nil
}
