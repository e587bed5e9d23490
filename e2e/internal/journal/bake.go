// SPDX-License-Identifier: Apache-2.0

package journal

// InBake visits every change in the first bake of a Deployment, the one that began it included, and reports whether there was a bake.
func (j *Journal) InBake(name string, visit func(e Entry, v View)) bool {
	begun, over := false, false
	j.Replay(func(e Entry, v View) {
		bakes := v.Memo(name).Baking()
		begun, over = begun || bakes, over || (begun && !bakes)
		if bakes && !over {
			visit(e, v)
		}
	})
	return begun
}
