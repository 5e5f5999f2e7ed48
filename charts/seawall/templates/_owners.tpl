{{/*
Fails where an upgrade would stop half-way: Helm 4 applies on the server's side, which refuses fields that somebody
else has set to another value since. Asked before anything changes; without a cluster nothing is known. "of" is what
there is, "want" what Helm wants of its spec, and "value" what says so.
*/}}
{{- define "seawall.checkOwners" -}}
{{- if and .root.Values.refuseConflicts (semverCompare ">=4.0.0-0" .root.Capabilities.HelmVersion.Version) -}}
{{- range .of.metadata.managedFields -}}
{{- $manager := .manager -}}
{{- if and (ne .manager "helm") (ne (.subresource | default "") "status") -}}
{{- $fields := dig "fieldsV1" "f:spec" dict . -}}
{{- with include "seawall.conflicts" (dict "fields" $fields "live" $.of.spec "want" $.want "path" "spec") -}}
{{- fail (printf "%s %s was changed by %s, and %s says otherwise:%s. Helm would stop half-way. Set %s to the same, or let it win with: helm upgrade --force-conflicts --set refuseConflicts=false" $.of.kind $.of.metadata.name $manager $.value . $.value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The fields of "want" that "fields" has, and that are another in "live". */}}
{{- define "seawall.conflicts" -}}
{{- range $key, $want := .want -}}
{{- $owned := get $.fields (printf "f:%s" $key) -}}
{{- if hasKey $.fields (printf "f:%s" $key) -}}
{{- $live := get ($.live | default dict) $key -}}
{{- if and (kindIs "map" $want) (kindIs "map" $live) $owned -}}
{{- include "seawall.conflicts" (dict "fields" $owned "live" $live "want" $want "path" (printf "%s.%s" $.path $key)) -}}
{{- else if ne (toJson $want) (toJson $live) -}}
{{ printf " %s.%s is %s, not %s" $.path $key (toJson $live) (toJson $want) }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
