package scaffold

import "runtime/debug"

// Origin is the version that a project gets, and the checkout that is copied into it.
func Origin(info *debug.BuildInfo) (version, copyOf string, err error) {
	from, err := origin(info)
	return from.Version, from.copyOf, err
}
