package oidc

// preset is what is known of a provider.
type preset struct {
	label  string
	issuer string
	scopes []string
	// verified is the claim that says that the address is theirs; empty: email_verified.
	verified string
	// formPost has the provider send a form, which Apple insists on when it is to tell the address.
	formPost bool
	// signsSecrets: the client's secret is a token that is signed for each request.
	signsSecrets bool
	// manyTenants are issuers of discovery that issue for all: the issuer of a token has the
	// tenant in its claim tid in the place of {tenantid}.
	manyTenants []string
	// api tells who somebody is where there are no id tokens.
	api func(issuer string) api
}

var openIDScopes = []string{"openid", "email", "profile"}

// presets are the providers that need no more than a client.
var presets = map[string]preset{
	"google": {label: "Google", issuer: "https://accounts.google.com", scopes: openIDScopes},
	"gitlab": {label: "GitLab", issuer: "https://gitlab.com", scopes: openIDScopes},
	"github": {label: "GitHub", issuer: "https://github.com", scopes: []string{"read:user", "user:email"}, api: gitHub},
	// Administrators of a tenant write any address into email; xms_edov, which is to be asked
	// for in the settings of the app, says that the domain is the tenant's.
	"microsoft": {
		label: "Microsoft", issuer: microsoft + "common/v2.0", scopes: openIDScopes, verified: "xms_edov",
		manyTenants: []string{microsoft + "common/v2.0", microsoft + "organizations/v2.0"},
	},
	"apple": {label: "Apple", issuer: "https://appleid.apple.com", scopes: []string{"openid", "email", "name"}, formPost: true, signsSecrets: true},
}

const microsoft = "https://login.microsoftonline.com/"
