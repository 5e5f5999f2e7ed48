package applicationset

import "reflect"

// matchOpen tells which open entries the write changes.
func (d *delta) matchOpen() {
	if len(d.before.open)+len(d.after.open) == 0 {
		return
	}
	stored := map[string][]openEntry{}
	for _, entry := range d.before.open {
		stored[entry.key] = append(stored[entry.key], entry)
	}
	for _, entry := range d.after.open {
		if len(stored[entry.key]) == 0 {
			d.added = append(d.added, entry)
			continue
		}
		old := stored[entry.key][0]
		stored[entry.key] = stored[entry.key][1:]
		if d.reshapes(&old, &entry) {
			d.reshaped = append(d.reshaped, entry)
			d.renamed = d.renamed || !reflect.DeepEqual(old.shape.name, entry.shape.name)
		} else {
			d.kept = append(d.kept, entry)
		}
	}
	for _, entry := range d.before.open {
		if left := stored[entry.key]; len(left) > 0 {
			d.gone = append(d.gone, left[0])
			stored[entry.key] = left[1:]
		}
	}
}

// reshapes says whether the write affects the Applications of an entry by what they have in common.
func (d *delta) reshapes(old, entry *openEntry) bool {
	return d.write.Rewritten || entry.shape.affects(&old.shape, d.reading.preserved)
}

func aborting(entries ...[]openEntry) bool {
	for _, list := range entries {
		for _, entry := range list {
			if entry.aborts {
				return true
			}
		}
	}
	return false
}
