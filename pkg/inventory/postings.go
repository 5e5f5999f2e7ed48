package inventory

import "slices"

// postings hold the ids of objects by a value that they have. An id is a small number, so
// that a list takes no more than four bytes for an object and nothing of the garbage
// collector's time.
type postings struct {
	byValue map[string]posting
	// size is the number of ids, several that of values with more than one of them.
	size, several int
}

// posting is a list of ids in the order of their objects. Most values of some labels have
// one object only, which needs no list.
type posting struct {
	one  uint32
	more *[]uint32 // nil if one is all
}

func (p posting) ids() []uint32 {
	if p.more == nil {
		return []uint32{p.one}
	}
	return *p.more
}

// len returns how many objects have a value.
func (p *postings) len(value string) int {
	held, found := p.byValue[value]
	switch {
	case !found:
		return 0
	case held.more == nil:
		return 1
	default:
		return len(*held.more)
	}
}

// add adds an id to those of a value; place returns where in a list it belongs.
func (p *postings) add(value string, id uint32, place func([]uint32) int) {
	held, found := p.byValue[value]
	switch {
	case !found:
		held.one = id
		if p.byValue == nil {
			p.byValue = map[string]posting{}
		}
	case held.more == nil:
		two := held.ids()
		two = slices.Insert(two, place(two), id)
		held.more = &two
		p.several++
	default:
		*held.more = slices.Insert(*held.more, place(*held.more), id)
	}
	p.byValue[value] = held
	p.size++
}

// remove removes an id that add has added. It leaves no empty list behind, so that values
// that come and go cost nothing.
func (p *postings) remove(value string, place func([]uint32) int) {
	p.size--
	held := p.byValue[value]
	if held.more == nil {
		delete(p.byValue, value)
		return
	}
	i := place(*held.more)
	*held.more = slices.Delete(*held.more, i, i+1)
	if len(*held.more) == 1 {
		p.byValue[value] = posting{one: (*held.more)[0]}
		p.several--
	}
}
