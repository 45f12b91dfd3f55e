package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Provider is one at whom people may sign in. Each setting is an environment variable
// GRAPNEL_NAME_…, where NAME is the provider's in upper case, with _ for -.
type Provider struct {
	Name         string
	ClientID     string   `env:"CLIENT_ID" help:"What the provider knows this server by."`
	ClientSecret string   `env:"CLIENT_SECRET" file:"CLIENT_SECRET_FILE" help:"Its secret; not for apple. A client of an issuer of your own may have none. CLIENT_SECRET_FILE names a file that holds it."`
	Issuer       string   `env:"ISSUER" help:"Address of the OpenID issuer, without /.well-known/openid-configuration. Needed for a name of your own; else in the place of the usual one, such as https://login.microsoftonline.com/TENANT/v2.0."`
	Label        string   `env:"LABEL" help:"What people call it. Default: made of the name."`
	AppClientIDs []string `env:"APP_CLIENT_IDS" help:"Client ids of your apps, with commas, whose id tokens are taken, too."`
	TeamID       string   `env:"TEAM_ID" help:"For apple: the team of the key."`
	KeyID        string   `env:"KEY_ID" help:"For apple: which key it is."`
	PrivateKey   string   `file:"PRIVATE_KEY_FILE" help:"For apple: file that holds the key, AuthKey_….p8."`
}

// Prefix is that of its environment variables.
func (p Provider) Prefix() string {
	return "GRAPNEL_" + strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_")) + "_"
}

var (
	providerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	// A dot tells it from the schemes of browsers and systems.
	appScheme = regexp.MustCompile(`^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+$`)
)

// readProviders reads the settings of the providers of these names.
func readProviders(names []string) (list []Provider, err error) {
	for _, name := range names {
		if !providerName.MatchString(name) {
			return nil, fmt.Errorf("GRAPNEL_SIGN_IN_WITH: %q is no name of a-z, 0-9 and -, such as google or my-company", name)
		}
		if slices.ContainsFunc(list, func(p Provider) bool { return p.Name == name }) {
			return nil, fmt.Errorf("GRAPNEL_SIGN_IN_WITH: %s is there twice", name)
		}
		p := Provider{Name: name}
		v := reflect.ValueOf(&p).Elem()
		for i := range v.NumField() {
			if err := readField(v.Field(i), v.Type().Field(i).Tag, p.Prefix()); err != nil {
				return nil, err
			}
		}
		list = append(list, p)
	}
	return list, nil
}

// readField sets a field from the environment, or from the file that is named there.
func readField(field reflect.Value, tag reflect.StructTag, prefix string) error {
	text := ""
	if name, ok := tag.Lookup("env"); ok {
		text = strings.TrimSpace(os.Getenv(prefix + name))
	}
	if name, ok := tag.Lookup("file"); ok && os.Getenv(prefix+name) != "" {
		if text != "" {
			return fmt.Errorf("%s%s and %[1]s%[3]s: give one of them", prefix, tag.Get("env"), name)
		}
		data, err := os.ReadFile(os.Getenv(prefix + name))
		if err != nil {
			return fmt.Errorf("%s%s: %w", prefix, name, err)
		}
		if text = strings.TrimSpace(string(data)); text == "" {
			return fmt.Errorf("%s%s: the file is empty", prefix, name)
		}
	}
	switch {
	case text == "":
	case field.Kind() == reflect.Slice:
		for item := range strings.SplitSeq(text, ",") {
			field.Set(reflect.Append(field, reflect.ValueOf(strings.TrimSpace(item))))
		}
	default:
		field.SetString(text)
	}
	return nil
}
