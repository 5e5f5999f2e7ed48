package custom

import (
	"fmt"
	"math"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/seawall-dev/seawall/pkg/risk"
)

// nesting bounds how deep a value of an expression may nest.
const nesting = 64

// native turns the value of an expression into what encoding/json would make of it, but
// with integers.
func native(value ref.Val) (any, error) { return nativeWithin(value, nesting) }

func nativeWithin(value ref.Val, left int) (any, error) {
	if left == 0 {
		return nil, fmt.Errorf("nests deeper than %d levels", nesting)
	}
	switch value := value.(type) {
	case types.Null:
		return nil, nil //nolint:nilnil // null is a value
	case traits.Mapper:
		members := map[string]any{}
		for keys := value.Iterator(); keys.HasNext() == types.True; {
			key := keys.Next()
			member, err := nativeWithin(value.Get(key), left-1)
			if err != nil {
				return nil, err
			}
			members[fmt.Sprint(key.Value())] = member
		}
		return members, nil
	case traits.Lister:
		var items []any
		for all := value.Iterator(); all.HasNext() == types.True; {
			item, err := nativeWithin(all.Next(), left-1)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		return items, nil
	default:
		return value.Value(), nil
	}
}

// count returns a value as a number of environments.
func count(value any) (int, bool) {
	switch value := value.(type) {
	case int64:
		return int(value), value >= 0 && value <= risk.MaxEnvironments
	case float64:
		whole := value == math.Trunc(value) && value >= 0 && value <= risk.MaxEnvironments
		if !whole {
			return 0, false
		}
		return int(value), true
	default:
		return 0, false
	}
}

// texts returns a value as a list of names.
func texts(value any) ([]string, bool) {
	list, isList := value.([]any)
	if !isList {
		return nil, false
	}
	names := make([]string, len(list))
	for i, item := range list {
		name, isText := item.(string)
		if !isText || name == "" {
			return nil, false
		}
		names[i] = name
	}
	return names, true
}
