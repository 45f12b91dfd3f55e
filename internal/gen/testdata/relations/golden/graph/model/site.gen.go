// Code generated from schema/gen/grapnel/site.graphqls by `go generate`. DO NOT EDIT.

package model

import (
	"github.com/grapnel/grapnel/core"
	basemodel "github.com/grapnel/grapnel/graph/model"
)

// Site is the type Site of the schema. What the site says of itself: there is exactly one, which administrators change and everybody reads.
type Site struct {
	core.Head `bson:",inline"`
	// What it is called: 1 to 100 characters.
	Title string `bson:"title"`
	// What it is about, in a few words: at most 200 characters.
	Tagline *string `bson:"tagline"`
	// The picture that stands for it; null when there is none that you may see.
	LogoID *string `bson:"logoId"`
	// The small picture that browsers show beside the title; null when there is none that you may see.
	FaviconID *string `bson:"faviconId"`
	// The language that it is written in: a language tag (BCP 47), such as `en` or `de-CH`.
	Language string `bson:"language"`
	// The time zone in which it shows moments: a name of the IANA database, such as `Europe/Berlin`.
	Timezone string `bson:"timezone"`
	// Whether strangers may sign up. A server that is set to refuse them (GRAPNEL_SIGN_UP)
	// does so whatever stands here.
	Registration basemodel.Registration `bson:"registration"`
	// The menu, in its order. A link may lead to what has been deleted or is hidden from
	// you: then its post or page is null, and it should be left out.
	Navigation []*NavigationLink `bson:"navigation"`
	// What stands below every page, in Markdown: at most 2,000 characters.
	Footer *string `bson:"footer"`
	// Where else it is to be found.
	SocialLinks []*SocialLink `bson:"socialLinks"`
}

// The pages, their edges and the changes of site.
type (
	SiteConnection = core.Page[Site]
	SiteEdge       = core.Edge[Site]
	SiteChange     = core.Change[Site]
)

// Constraints reports what breaks the constraints of the schema.
func (d *Site) Constraints(c *core.Checker) {
	c.Text("title", d.Title, 1, 100)
	if d.Tagline != nil {
		c.Text("tagline", *d.Tagline, 0, 200)
	}
	c.Text("language", d.Language, 0, 10000)
	c.Format("language", d.Language, core.Language)
	c.Text("timezone", d.Timezone, 0, 10000)
	c.Format("timezone", d.Timezone, core.TimeZone)
	c.Items("navigation", len(d.Navigation), 0, 50)
	for i, e := range d.Navigation {
		c.Inside(core.At("navigation", i), e)
	}
	if d.Footer != nil {
		c.Text("footer", *d.Footer, 0, 2000)
	}
	c.Items("socialLinks", len(d.SocialLinks), 0, 20)
	for i, e := range d.SocialLinks {
		c.Inside(core.At("socialLinks", i), e)
	}
}
