package core

import "context"

// The settings of the site are a type that the schema declares, as "site". This is what
// core itself reads of them.
const (
	siteName           = "site"
	registrationClosed = "CLOSED"
)

// siteSettings is the part of the settings that core reads.
type siteSettings struct {
	Title        string `bson:"title"`
	Language     string `bson:"language"`
	Registration string `bson:"registration"`
}

// siteSettings reads them, each time, so that all servers see a change at once. What is not
// there is empty.
func (a *App) siteSettings(ctx context.Context) (site siteSettings, err error) {
	spec, declared := a.specs[siteName]
	if !declared {
		return site, nil
	}
	for doc, err := range a.docs.Find(ctx, spec.Name, Query{Filter: Eq("_id", spec.OnlyID()), Limit: 1}) {
		if err != nil {
			return site, err
		}
		return site, doc.Decode(&site)
	}
	return site, nil
}
