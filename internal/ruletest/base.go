package ruletest

import (
	"time"

	"github.com/grapnel/grapnel/core"
)

// Base is the tables of the types that every project has. A project that gives
// them more guarded fields adds these to the table of users.
func Base() []Table {
	return []Table{users(), posts(), assets(), pages(), site(), mails(), apiKeys(), invitations()}
}

func users() Table {
	// Each reads and edits what is their own, and admins that of everybody.
	own := Allow{
		"stranger":  "stranger admin",
		"owner":     "owner admin",
		"author":    "author admin",
		"editor":    "editor admin",
		"admin":     "admin",
		"suspended": "admin",
		New:         "admin",
	}
	return Table{
		Model: "User",
		Records: map[string]Fields{
			"stranger":  {"role": "MEMBER"},
			"owner":     {"role": "MEMBER"},
			"author":    {"role": "AUTHOR"},
			"editor":    {"role": "EDITOR"},
			"admin":     {"role": "ADMIN"},
			"suspended": {"role": "MEMBER", "suspendedAt": time.Now().Add(-time.Hour)},
		},
		Read: Allow{"*": Everybody},
		Guards: map[string]Guard{
			"email":           {Read: own, Name: "admin"},
			"emailVerifiedAt": {Read: own, Name: "admin"},
			"suspendedAt":     {Read: own, Name: "admin"},
			"secondFactorAt":  {Read: own, Name: "admin"},
		},
		Writes: []Write{
			{Verb: core.Update, Call: `updateUser(input: {id: $id, bio: "Changed"})`, Allow: own},
			// A picture of the owner, for the owner and editors.
			{Verb: core.Update, Call: `updateUser(input: {id: $id, avatarId: "asset_private"})`, Only: "owner author", Allow: Allow{"owner": "owner admin", "author": "admin"}, Invalid: Allow{"author": "author"}},
			// The one admin there is can neither lose the role nor be suspended.
			{Call: `setUserRole(input: {id: $id, role: EDITOR})`, Allow: Allow{"*": "admin", "admin": ""}},
			{Call: `suspendUser(input: {id: $id})`, Allow: Allow{"*": "admin", "admin": ""}},
			{Call: `unsuspendUser(input: {id: $id})`, Allow: Allow{"*": "admin"}},
			{Verb: core.Create, Guard: "email", Call: `createUser(input: {email: "new@example.org", password: "battery staple"})`, Allow: Allow{New: "admin"}},
			{Call: `setUserPassword(input: {id: $id, password: "battery staple"})`, Allow: Allow{"*": "admin", "admin": ""}},
			// Who has the right is told that this is not the password.
			{Verb: core.Delete, Call: `deleteAccount(input: {content: KEEP, password: "battery staple"})`, Invalid: Allow{New: Users}},
			{Call: `endUserSessions(input: {id: $id})`, Allow: Allow{"*": "admin"}},
			{Call: `removeSecondFactor(input: {id: $id})`, Allow: Allow{"*": "admin", "admin": ""}},
		},
		Equivalent: map[string]string{
			"User.* rule * without CREATE":               "users are made by the system: signUp for strangers, createUser asks for ADMIN itself",
			"User.email rule * without UPDATE":           "no mutation sets the address of another; verifyEmail asks for a token itself",
			"User.emailVerifiedAt rule * without UPDATE": "no mutation takes the field; verifyEmail and resetPassword ask for a token themselves",
			"User.secondFactorAt rule * without UPDATE":  "no mutation takes the field; those of the factors ask for them themselves",
			"User.suspendedAt rule * without UPDATE":     "no mutation takes the field; suspendUser and unsuspendUser ask for ADMIN themselves",
		},
	}
}

func posts() Table {
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	const authors = "author editor admin"
	write := Allow{"*": authors, "formerAuthors": Editors, "formerDraft": Editors}
	return Table{
		Model: "Post",
		Records: map[string]Fields{
			"public":    {"authorId": "user_author", "status": "PUBLISHED", "publishedAt": past, "date": past, "slug": "zqpublicslug", "slugs": []any{"zqpublicslug"}},
			"scheduled": {"authorId": "user_author", "status": "PUBLISHED", "publishedAt": future, "date": future, "slug": nil},
			// A draft gives its slugs up; one that held some would be hidden all the same.
			"draft": {"authorId": "user_author", "status": "DRAFT", "slug": "zqdraftslug", "slugs": []any{"zqdraftslug"}},
			// Whose author has the role no longer.
			"formerAuthors": {"authorId": "user_owner", "status": "PUBLISHED", "publishedAt": past, "date": past, "slug": "zqformerslug", "slugs": []any{"zqformerslug"}},
			"formerDraft":   {"authorId": "user_owner", "status": "DRAFT", "slug": nil},
		},
		Read: Allow{
			"public":        Everybody,
			"scheduled":     authors,
			"draft":         authors,
			"formerAuthors": Everybody,
			"formerDraft":   "owner editor admin",
		},
		Writes: []Write{
			{Verb: core.Create, Call: `createPost(input: {title: "Mine", body: "Text"})`, Allow: Allow{New: authors}},
			{Verb: core.Create, Call: `createPost(input: {title: "Not mine", authorId: "user_stranger"})`, Allow: Allow{New: Editors}},
			{Verb: core.Update, Call: `updatePost(input: {id: $id, title: "Changed"})`, Allow: write},
			{Verb: core.Update, Call: `updatePost(input: {id: $id, authorId: "user_stranger"})`, Allow: Allow{"*": Editors}},
			{Verb: core.Update, Call: `updatePost(input: {id: $id, createdAt: "2020-01-01T00:00:00Z"})`, Allow: Allow{"*": Editors}},
			// Whose picture the author may not see.
			{Verb: core.Update, Call: `updatePost(input: {id: $id, coverId: "asset_private"})`, Allow: Allow{"*": Editors}, Invalid: Allow{"public": "author", "scheduled": "author", "draft": "author"}},
			{Verb: core.Update, Call: `publishPost(input: {id: $id})`, Only: "scheduled draft formerDraft", Allow: write},
			{Verb: core.Update, Call: `publishPost(input: {id: $id, at: "2020-01-01T00:00:00Z"})`, Allow: Allow{"*": Editors}},
			{Verb: core.Update, Call: `unpublishPost(input: {id: $id})`, Only: "public scheduled formerAuthors", Allow: write},
			{Verb: core.Delete, Call: `deletePost(input: {id: $id})`, Allow: write},
		},
	}
}

func pages() Table {
	all := Allow{"*": Editors}
	return Table{
		Model: "Page",
		Records: map[string]Fields{
			"public": {"status": "PUBLISHED", "slug": "zqpublicpage"},
			"draft":  {"status": "DRAFT", "slug": "zqdraftpage"},
		},
		Read: Allow{"public": Everybody, "draft": Editors},
		Writes: []Write{
			{Verb: core.Create, Call: `createPage(input: {title: "Imprint", slug: "imprint"})`, Allow: Allow{New: Editors}},
			{Verb: core.Create, Call: `createPage(input: {title: "Imprint", slug: "imprint", status: PUBLISHED})`, Allow: Allow{New: Editors}},
			{Verb: core.Update, Call: `updatePage(input: {id: $id, body: "Changed"})`, Allow: all},
			{Verb: core.Update, Call: `updatePage(input: {id: $id, status: DRAFT})`, Only: "public", Allow: all},
			{Verb: core.Update, Call: `updatePage(input: {id: $id, status: PUBLISHED})`, Only: "draft", Allow: all},
			{Verb: core.Delete, Call: `deletePage(input: {id: $id})`, Allow: all},
		},
	}
}

func site() Table {
	const menu = `[{label: "News", tag: "news", children: [{label: "About", pageId: "page_public", children: []}]}]`
	return Table{
		Model:   "Site",
		Records: map[string]Fields{"only": {"logoId": nil, "faviconId": nil, "navigation": []any{}, "socialLinks": []any{}}},
		Read:    Allow{"only": Everybody},
		Writes: []Write{
			{Verb: core.Update, Call: `updateSite(input: {title: "The Courier", navigation: ` + menu + `})`, Allow: Allow{"only": "admin"}},
			{Verb: core.Update, Call: `updateSite(input: {expectedVersion: 1, registration: CLOSED})`, Allow: Allow{"only": "admin"}},
		},
		Equivalent: map[string]string{"Site rule 2 without READ": "everybody reads the site"},
	}
}

// mails are read by administrators, and written by the system alone.
func mails() Table {
	return Table{
		Model: "Mail",
		Records: map[string]Fields{
			"waiting": {"to": "user@example.org", "subject": "zqwaiting", "state": "WAITING"},
			"sent":    {"to": "user@example.org", "subject": "zqsent", "state": "SENT"},
		},
		Read: Allow{"*": "admin"},
	}
}

// invitations are made, read and cancelled by administrators; who is invited has no account.
func invitations() Table {
	return Table{
		Model: "Invitation",
		Records: map[string]Fields{
			"open":     {"email": "zqopen@example.org", "role": "MEMBER", "expiresAt": time.Now().Add(time.Hour)},
			"accepted": {"email": "zqaccepted@example.org", "role": "MEMBER", "expiresAt": time.Now().Add(time.Hour), "acceptedAt": time.Now()},
		},
		Read: Allow{"*": "admin"},
		Writes: []Write{
			{Verb: core.Create, Call: `inviteUser(input: {email: "new@example.org"})`, Allow: Allow{New: "admin"}},
			{Verb: core.Update, Call: `cancelInvitation(input: {id: $id})`, Only: "open", Allow: Allow{"*": "admin"}},
		},
		Equivalent: map[string]string{
			"Invitation rule 1 without CREATE": "inviteUser asks for ADMIN itself, as createUser does; the rule tells the dashboard",
		},
	}
}

// apiKeys are read and ended by those as whom they act.
func apiKeys() Table {
	const input = `name: "zq", role: MEMBER, types: ["Post"], operations: [READ]`
	return Table{
		Model: "ApiKey",
		Records: map[string]Fields{
			"owners": {"userId": "user_owner", "name": "zqowners", "role": "MEMBER", "types": []string{"Post"}, "operations": []string{"READ"}},
			"itself": {"userId": nil, "name": "zqitself", "role": "MEMBER", "types": []string{"Post"}, "operations": []string{"READ"}},
		},
		Read: Allow{"owners": "owner admin", "itself": "admin"},
		Writes: []Write{
			{Verb: core.Create, Call: `createApiKey(input: {userId: "user_owner", ` + input + `})`, Allow: Allow{New: "owner admin"}},
			{Verb: core.Create, Call: `createApiKey(input: {` + input + `})`, Allow: Allow{New: "admin"}},
			{Verb: core.Update, Call: `revokeApiKey(input: {id: $id})`, Allow: Allow{"owners": "owner admin", "itself": "admin"}},
		},
	}
}

func assets() Table {
	const owners = "owner editor admin"
	soon := time.Now().Add(time.Hour)
	write := Allow{"public": owners, "private": owners, "pending": "owner", "pendingPrivate": "owner"}
	return Table{
		Model: "Asset",
		Records: map[string]Fields{
			"public":         {"ownerId": "user_owner", "visibility": "PUBLIC", "state": "READY", "contentType": "image/png"},
			"private":        {"ownerId": "user_owner", "visibility": "PRIVATE", "state": "READY", "contentType": "image/png"},
			"pending":        {"ownerId": "user_owner", "visibility": "PUBLIC", "state": "PENDING", "deadline": soon},
			"pendingPrivate": {"ownerId": "user_owner", "visibility": "PRIVATE", "state": "PENDING", "deadline": soon},
		},
		Read: Allow{"public": Everybody, "private": owners, "pending": "owner", "pendingPrivate": "owner"},
		Writes: []Write{
			{Verb: core.Create, Call: `uploadAsset(input: {file: $file})`, Allow: Allow{New: Users}},
			{Verb: core.Create, Call: `uploadAsset(input: {file: $file, visibility: PRIVATE})`, Allow: Allow{New: Users}},
			{Verb: core.Create, Call: `createAssetUpload(input: {filename: "a.txt", contentType: "text/plain", size: 1, sha256: "` + sha + `"})`, Allow: Allow{New: Users}},
			// Its bytes never came.
			{Call: `completeAssetUpload(input: {id: $id})`, Only: "pending pendingPrivate", Invalid: write},
			{Verb: core.Update, Call: `updateAsset(input: {id: $id, alt: "Changed"})`, Allow: write},
			{Verb: core.Update, Call: `updateAsset(input: {id: $id, visibility: PRIVATE})`, Only: "public pending", Allow: write},
			{Verb: core.Update, Call: `updateAsset(input: {id: $id, visibility: PUBLIC})`, Only: "private pendingPrivate", Allow: write},
			// An image cannot become a text, and what has not come cannot be replaced.
			{Call: `replaceAssetFile(input: {id: $id, file: $file})`, Invalid: write},
			{Verb: core.Delete, Call: `deleteAsset(input: {id: $id})`, Allow: write},
		},
	}
}

const sha = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
