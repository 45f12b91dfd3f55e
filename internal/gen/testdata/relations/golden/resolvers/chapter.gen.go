// Code generated from schema/shelf.graphqls by `go generate`. DO NOT EDIT.

package resolvers

import (
	"context"

	"example.org/relations/graph/model"
	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/resolvers/translate"
)

func (r *chapterResolver) TextHTML(ctx context.Context, obj *model.Chapter) (*string, error) {
	return translate.HTML(ctx, r.app, translate.Place(ctx)+"-text", obj.Text)
}

func (r *chapterResolver) Essay(ctx context.Context, obj *model.Chapter) (*model.Writer, error) {
	return translate.Maybe(core.FollowInside(ctx, translate.Document(ctx), "Chapter.essayId", translate.Deref(obj.EssayID), r.models.Writers.Collection))
}

func (r *chapterResolver) Editor(ctx context.Context, obj *model.Chapter) (*core.User, error) {
	return translate.Maybe(core.FollowInside(ctx, translate.Document(ctx), "Chapter.editorId", obj.EditorID, r.app.Users.Collection))
}

func (r *chapterResolver) Photos(ctx context.Context, obj *model.Chapter) ([]*core.Asset, error) {
	return core.FollowAllInside(ctx, translate.Document(ctx), "Chapter.photoIds", obj.PhotoIds, r.app.Assets.Collection)
}

func (r *chapterResolver) NoteHTML(ctx context.Context, obj *model.Chapter) (string, error) {
	return r.app.HTML(ctx, translate.Place(ctx)+"-note", obj.Note)
}
