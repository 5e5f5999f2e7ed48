package gotemplate

import "strings"

// Plain is a template of text and plain fields, {{.metadata.labels.env}}, which most are:
// Texts[0] Fields[0] Texts[1] … . It takes a fraction of the time that text/template takes, to
// parse and to render.
type Plain struct {
	Texts  []string
	Fields []Field
}

// Field is a field of the parameters.
type Field struct {
	Path []string
	// Indexed says that the last keys are arguments of the function index, to which a key that
	// is missing means something else.
	Indexed bool
}

// plain is not done with a template that does more, or that it does not understand.
func plain(text, left, right string) (plain Plain, done bool) {
	fields := strings.Count(text, left)
	plain = Plain{Texts: make([]string, 0, fields+1), Fields: make([]Field, 0, fields)}
	for {
		before, rest, found := strings.Cut(text, left)
		plain.Texts = append(plain.Texts, before)
		if !found {
			return plain, true
		}
		action, after, closed := strings.Cut(rest, right)
		field, isField := plainField(strings.Trim(action, spaces))
		if !closed || !isField {
			return Plain{}, false
		}
		plain.Fields = append(plain.Fields, field)
		text = after
	}
}

// spaces are what text/template skips within an action.
const spaces = " \t\r\n"

// plainField reads .metadata.labels.env, or index .metadata.labels "example.com/env".
func plainField(action string) (Field, bool) {
	arguments, indexed := strings.CutPrefix(action, "index ")
	if !indexed {
		path, isPath := plainPath(action)
		return Field{Path: path}, isPath
	}
	name, keys, _ := strings.Cut(strings.Trim(arguments, spaces), " ")
	path, isPath := plainPath(name)
	for keys = strings.Trim(keys, spaces); isPath && keys != ""; keys = strings.Trim(keys, spaces) {
		quoted, found := strings.CutPrefix(keys, `"`)
		key, rest, closed := strings.Cut(quoted, `"`)
		if !found || !closed || strings.ContainsAny(key, "\\\n") || rest != "" && !strings.ContainsAny(rest[:1], spaces) {
			return Field{}, false
		}
		path, keys = append(path, key), rest
	}
	return Field{Path: path, Indexed: true}, isPath
}

// plainPath reads .metadata.labels; what it does not understand is not plain.
func plainPath(text string) ([]string, bool) {
	names, found := strings.CutPrefix(text, ".")
	if !found {
		return nil, false
	}
	path := strings.Split(names, ".")
	for _, name := range path {
		if name == "" || name[0] >= '0' && name[0] <= '9' || strings.ContainsFunc(name, notOfNames) {
			return nil, false
		}
	}
	return path, true
}

func notOfNames(char rune) bool {
	return char != '_' && (char < 'a' || char > 'z') && (char < 'A' || char > 'Z') && (char < '0' || char > '9')
}

// execute returns false where a field is not there or no string: what comes of that is for
// text/template to say.
func (p *Plain) execute(params map[string]any) (string, bool) {
	var output strings.Builder
	output.WriteString(p.Texts[0])
	for i, field := range p.Fields {
		text, found := lookUp(params, field.Path)
		if !found {
			return "", false
		}
		output.WriteString(text)
		output.WriteString(p.Texts[i+1])
		if output.Len() > RenderLimit {
			return "", false
		}
	}
	return output.String(), true
}

func lookUp(params map[string]any, path []string) (string, bool) {
	last := len(path) - 1
	for i, key := range path[:last] {
		switch member := params[key].(type) {
		case map[string]any:
			params = member
		case map[string]string:
			text, found := member[path[last]]
			return text, found && i == last-1
		default:
			return "", false
		}
	}
	text, isString := params[path[last]].(string)
	return text, isString
}
