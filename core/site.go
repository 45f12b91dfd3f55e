package core

import "context"

// The settings of the site are a type that the schema declares, as "site". This is what
// core itself reads of them.
const (
	siteName           = "site"
	registrationClosed = "CLOSED"
)

// mayRegister refuses those who want an account where the settings of the site close
// registration. They are read each time, so that all servers see a change at once.
func (a *App) mayRegister(ctx context.Context) error {
	spec, declared := a.specs[siteName]
	if !declared {
		return nil
	}
	for doc, err := range a.docs.Find(ctx, spec.Name, Query{Filter: Eq("_id", spec.OnlyID()), Limit: 1}) {
		if err != nil {
			return err
		}
		var site struct {
			Registration string `bson:"registration"`
		}
		if err := doc.Decode(&site); err != nil {
			return err
		}
		if site.Registration == registrationClosed {
			return errClosed
		}
	}
	return nil
}

// errClosed is the error of a sign-up where there is none.
var errClosed = Errorf(Forbidden, "Only an administrator can make accounts here.")
