// Code generated from the schema by `go generate`. DO NOT EDIT.

package schema

import (
	"embed"
)

// Files are the whole schema, with all its directives.
//
//go:embed gen/grapnel/account.graphqls
//go:embed gen/grapnel/apikey.graphqls
//go:embed gen/grapnel/asset.graphqls
//go:embed gen/grapnel/base.graphqls
//go:embed gen/grapnel/dashboard.graphqls
//go:embed gen/grapnel/factor.graphqls
//go:embed gen/grapnel/invitation.graphqls
//go:embed gen/grapnel/mail.graphqls
//go:embed gen/grapnel/page.graphqls
//go:embed gen/grapnel/post.graphqls
//go:embed gen/grapnel/presence.graphqls
//go:embed gen/grapnel/provider.graphqls
//go:embed gen/grapnel/recovery.graphqls
//go:embed gen/grapnel/session.graphqls
//go:embed gen/grapnel/site.graphqls
//go:embed gen/grapnel/status.graphqls
//go:embed gen/grapnel/user.graphqls
//go:embed names.graphqls
//go:embed gen/apikey.graphqls
//go:embed gen/asset.graphqls
//go:embed gen/error.graphqls
//go:embed gen/errorline.graphqls
//go:embed gen/httproute.graphqls
//go:embed gen/httpserverids.graphqls
//go:embed gen/invitation.graphqls
//go:embed gen/mail.graphqls
//go:embed gen/models.graphqls
//go:embed gen/news.graphqls
//go:embed gen/page.graphqls
//go:embed gen/post.graphqls
//go:embed gen/productline.graphqls
//go:embed gen/resolver.graphqls
//go:embed gen/root.graphqls
//go:embed gen/shared.graphqls
//go:embed gen/site.graphqls
//go:embed gen/type.graphqls
//go:embed gen/user.graphqls
var Files embed.FS
