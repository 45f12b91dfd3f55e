package resolvers

// AnonymousFields are the root fields that make or end a session, or ask for a token
// instead: a client whose session has expired may still ask for them.
func AnonymousFields() []string {
	return []string{"setUp", "signUp", "confirmSignUp", "acceptInvitation", "signIn", "refreshSession", "signOut", "requestSignInCode", "signInWithCode",
		"confirmSignIn", "passkeyRequest", "signInWithPasskey", "startProviderSignIn", "signInWithProvider", "signInWithIdToken",
		"requestPasswordReset", "resetPassword", "verifyEmail"}
}

// OnceFields are the root fields that an operation may hold only once, under
// whatever alias: they are limited by rate, or hash a password.
func OnceFields() []string {
	return []string{"setUp", "signUp", "confirmSignUp", "acceptInvitation", "signIn", "refreshSession", "changePassword", "createUser", "inviteUser", "setUserPassword",
		"requestSignInCode", "signInWithCode", "requestPasswordReset", "resetPassword", "requestEmailVerification", "verifyEmail", "changeEmail", "deleteAccount",
		"confirmSignIn", "passkeyRequest", "signInWithPasskey", "reauthenticate", "setUpAuthenticator", "confirmAuthenticator", "renewRecoveryCodes", "passkeyCreation", "addPasskey", "createApiKey", "startProviderSignIn", "signInWithProvider", "signInWithIdToken", "linkIdentity"}
}
