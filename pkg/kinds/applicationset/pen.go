package applicationset

// pen renders one Application after the other and remembers the first error of each.
type pen struct {
	reading  *reading
	set      *parameters
	verbatim bool
	failed   *broken
	// What follows is memory that all Applications of a template use in turn.
	name, text []byte
	labels     map[string]string
	finalizers []string
	written    int
}

func (p *pen) begin(set *parameters) {
	p.set, p.verbatim, p.failed, p.written, p.text = set, set.empty, nil, 0, p.text[:0]
	if p.labels == nil && p.reading.stepLabels != nil {
		p.labels = map[string]string{}
	}
	clear(p.labels)
}

// add appends what a string of the template renders to.
func (p *pen) add(output []byte, leaf leaf) []byte {
	if p.failed != nil || p.verbatim {
		return append(output, leaf.text...)
	}
	from := len(output)
	output, err := leaf.appendTo(output, p.set)
	if err != nil {
		p.failed = &broken{path: leaf.path, err: err}
	}
	p.written += workBytes + len(output) - from
	return output
}

func (p *pen) write(leaf leaf) string {
	if p.failed != nil || p.verbatim {
		return leaf.text
	}
	rendered, err := leaf.render(p.set)
	if err != nil {
		p.failed = &broken{path: leaf.path, err: err}
	}
	p.written += workBytes + len(rendered)
	return rendered
}

// try does what add does to a string that nobody looks at, but for its error.
func (p *pen) try(leaf leaf) {
	if p.failed != nil || p.verbatim {
		return
	}
	if size, told := leaf.size(p.set); told {
		p.written += workBytes + size
		return
	}
	p.text = p.add(p.text[:0], leaf)[:0]
}

// work returns what the Application has cost, in steps.
func (p *pen) work() int { return 1 + (len(p.text)+p.written)/workBytes }
