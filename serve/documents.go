package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/config"
	"github.com/grapnel/grapnel/internal/trusted"
	"github.com/grapnel/grapnel/internal/ui"
)

// untrusted are the settings of GRAPNEL_UNTRUSTED_DOCUMENTS; nobody has none.
var untrusted = map[string]core.Role{"author": core.Author, "editor": core.Editor, "admin": core.Admin}

// trustedDocuments reads manifests; nil without any. With them is what the dashboard
// sends before it knows who is there. A document that does not fit the schema stays: a
// client that asks for it, an old one perhaps, is told why.
func (p Project) trustedDocuments(s config.Settings, log *slog.Logger) (map[string]string, error) {
	if len(s.TrustedDocuments) == 0 {
		return nil, nil
	}
	docs, err := trusted.Load(s.TrustedDocuments)
	if err != nil {
		return nil, fmt.Errorf("GRAPNEL_TRUSTED_DOCUMENTS: %w", err)
	}
	schema := p.Schema(nil).Schema()
	for _, id := range slices.Sorted(maps.Keys(docs)) {
		if name, err := trusted.Check(schema, docs[id]); err != nil {
			log.Warn("a trusted document does not fit the schema", "id", id, "operation", name, "reason", err.Error())
		}
	}
	if s.Dashboard {
		document := ui.AdminDocument()
		sum := sha256.Sum256([]byte(document))
		docs[hex.EncodeToString(sum[:])] = document
	}
	return docs, nil
}

// runs says which documents may run.
func runs(trusted map[string]string, others string) string {
	switch {
	case trusted == nil:
		return "any"
	case untrusted[others] == "":
		return fmt.Sprintf("%d trusted", len(trusted))
	}
	return fmt.Sprintf("%d trusted; any from %ss and above", len(trusted), others)
}
