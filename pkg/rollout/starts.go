package rollout

// Starts is what is known of the starts that follow a write, each of which is a write of its own: whether a
// sync gate that judges those need not have the write judged.
type Starts struct {
	// Unheld says why environments may start that a gate does not hold, such as "RollingSync paces it"; empty
	// where it can hold all of them.
	Unheld string
	// Unasked says why the API server does not ask about some of them, or may not. It is for who judges to
	// say, not for who reads the rollout.
	Unasked string
	// Repairs says that some may be taken for starts that mend a drift: what they sync from does not change.
	Repairs bool
	// Nameless is the number of environments that start and whose names are not known.
	Nameless int
	// Project and Source say whether all have a project, and something that they sync from.
	Project, Source bool
	// Labels and ClusterLabels are the labels that all of them have, and all of the clusters that they are
	// synced to.
	Labels, ClusterLabels Keys
}

// Keys are the keys of labels, whatever their values.
type Keys map[string]bool

// Lookup returns no value, and whether there is the label.
func (k Keys) Lookup(label string) (value string, exists bool) { return "", k[label] }

// Leaving returns the change of only those environments that it tears down.
func (c Change) Leaving() Change {
	steps := make([]Step, len(c.Steps))
	for i, step := range c.Steps {
		steps[i] = step.leaving()
	}
	c.Steps = Steps(steps...)
	return c
}

func (s Step) leaving() Step {
	names := s.grouped
	_, s.Targets = Split(s.Targets)
	var groups []Group
	for _, group := range s.Groups {
		if group.removed() {
			groups = append(groups, group)
		}
	}
	s.Groups, s.Names = groups, nil
	if len(groups) > 0 {
		s.Names = func() []Target {
			_, gone := Split(names())
			return gone
		}
	}
	s.Declared = 0
	s.InFlight = min(s.InFlight, s.Size())
	s.Unpaced = s.InFlight
	return s
}
