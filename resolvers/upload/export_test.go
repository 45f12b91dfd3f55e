package upload

// For the fuzz tests of the parsers.
var (
	Place = func(variables map[string]any, path string) (string, error) {
		return place(variables, path, Upload{&file{}})
	}
	DecodeMap = func(text []byte) (keys, paths []string, err error) {
		entries, err := decodeMap(text)
		for _, e := range entries {
			keys, paths = append(keys, e.key), append(paths, e.path)
		}
		return keys, paths, err
	}
)
