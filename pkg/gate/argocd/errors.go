package argocd

import "errors"

// errNotWhole says that an Application was sent without its fields.
var errNotWhole = errors.New("got an Application without fields")
