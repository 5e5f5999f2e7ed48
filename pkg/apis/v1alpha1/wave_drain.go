package v1alpha1

// ReleaseAnnotation on a Wave that drains, with any value, has Seawall let go at once what is left there.
const ReleaseAnnotation = "seawall.dev/release"

// Keeps tells whether the Wave has kept by what its starts were held.
func (w *Wave) Keeps() bool { return w.Status.Rule.SyncGate != nil }

// Released tells whether somebody has ended that the Wave drains. Of one that does not drain nobody can.
func (w *Wave) Released() bool {
	_, is := w.Annotations[ReleaseAnnotation]
	return is && w.Status.DrainingSince != nil
}

// Cut takes off the long lists, which whoever only asks for the rule does not need to keep.
func (w *Wave) Cut() {
	w.Status.InFlight, w.Status.Failures, w.Status.Sightings, w.Status.Writes = nil, nil, nil, nil
}
