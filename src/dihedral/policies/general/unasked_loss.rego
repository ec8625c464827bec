# METADATA
# scope: package
# title: An agent destroys what holds data only when it was asked to
# description: >-
#   Nobody who asked for a queue expects to lose a database; a destroy that the request does not
#   speak of is a mistake or an attack.
# custom:
#   id: DH-GEN-002
#   severity: critical
#   level: hard-mandatory
#   unknown: without a request nothing was asked for
#   remedy: >-
#     Say in the request what is to be deleted, or let a person make the change. The words are
#     settings.destroy_words.
package dihedral.general.unasked_loss

import data.dihedral.general.lib

deny contains {"address": change.address, "msg": sprintf("holds data and would be %s; the request does not ask for that", [lib.how(change)])} if {
	lib.agent
	not asked
	some change in lib.losses
}

asked if {
	text := lower(input.request.text)
	some word in lib.setting("destroy_words")
	mentions(text, lower(word))
}

# Whole words where a script has spaces; a part of the text where it has none.
mentions(text, word) if {
	regex.match(`^[a-z]`, word)
	regex.match(concat("", [`(^|[^\pL])`, word, `([^\pL]|$)`]), text)
}

mentions(text, word) if {
	not regex.match(`^[a-z]`, word)
	contains(text, word)
}
