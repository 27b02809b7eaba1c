// SPDX-License-Identifier: MIT
/* English: clauses, what may lack in them, and what stands around them. */
#include "words.h"

const struct agent_phrases agent_english_phrases = {
	.pick = LIST {
		"{pick|picking} up %a", "{pick|picking} up %a", "{pick|picking} up %a",
		"{pick|picking} %a up", "{pick|picking} %a", "{grab|grabbing} %a",
		"{grab|grabbing} %a", "{take|taking} %a", "{take|taking} hold of %a",
		"{lift|lifting} %a", "{lift|lifting} up %a", "{get|getting} %a",
		"{get|getting} hold of %a", "{grasp|grasping} %a", "{grip|gripping} %a",
		"{collect|collecting} %a", "{hold|holding} %a", "{seize|seizing} %a", NULL
	},
	.put = LIST {
		"{put|putting} %a %r %b", "{put|putting} %a %r %b", "{put|putting} %a %r %b",
		"{place|placing} %a %r %b", "{place|placing} %a %r %b",
		"{move|moving} %a %r %b", "{set|setting} %a %r %b", "{bring|bringing} %a %r %b",
		"{lay|laying} %a %r %b", "{position|positioning} %a %r %b",
		"{drop|dropping} %a %r %b", "{shift|shifting} %a %r %b",
		"{transfer|transferring} %a %r %b", "{carry|carrying} %a %r %b",
		"{put|putting} %a down %r %b", "{set|setting} %a down %r %b",
		"{pick|picking} up %a and {put|putting} it %r %b",
		"{pick|picking} up %a and {place|placing} it %r %b",
		"{pick|picking} %a up and {drop|dropping} it %r %b",
		"{take|taking} %a and {put|putting} it %r %b",
		"{take|taking} %a and {set|setting} it %r %b",
		"{grab|grabbing} %a and {put|putting} it %r %b",
		"{get|getting} %a and {place|placing} it %r %b",
		"{lift|lifting} %a and {lay|laying} it %r %b", "%r %b, put %a", "%r %b put %a",
		"%r %b, place %a", "{take|taking} %a, put it %r %b", NULL
	},
	.put_said = LIST {
		"i want %a %r %b", "i need %a %r %b", "%a goes %r %b", "%a belongs %r %b",
		"%a should be %r %b", "%a must go %r %b", "i would like %a %r %b",
		"make sure %a is %r %b", "see that %a ends up %r %b", NULL
	},
	.put_rel[AGENT_ON] = LIST {
		"{stack|stacking} %a on %b", "{stack|stacking} %a on top of %b",
		"{pile|piling} %a on %b", "{cover|covering} %b with %a", NULL
	},
	.put_rel[AGENT_IN] = LIST {
		"{insert|inserting} %a into %b", "{fill|filling} %b with %a",
		"{store|storing} %a in %b", NULL
	},
	.put_group = LIST {
		"{put|putting} %a %r %b", "{put|putting} %a %r %b", "{place|placing} %a %r %b",
		"{move|moving} %a %r %b", "{set|setting} %a %r %b", "{bring|bringing} %a %r %b",
		"{lay|laying} %a %r %b", "{drop|dropping} %a %r %b",
		"{transfer|transferring} %a %r %b",
		"{take|taking} %a and {put|putting} them %r %b", "%r %b, put %a", NULL
	},
	.elided = LIST { "%a %r %b", NULL },
	.there = LIST {
		"{put|putting} %a there too", "{put|putting} %a there as well",
		"{place|placing} %a there too", "{move|moving} %a to the same place",
		"{put|putting} %a in the same place", "{do|doing} the same with %a", NULL
	},
	.place = LIST {
		"{put|putting} %a %r %b", "{put|putting} %a %r %b", "{place|placing} %a %r %b",
		"{place|placing} %a %r %b", "{set|setting} %a %r %b",
		"{set|setting} %a down %r %b", "{put|putting} %a down %r %b",
		"{lay|laying} %a %r %b", "{drop|dropping} %a %r %b", "{leave|leaving} %a %r %b",
		"{release|releasing} %a %r %b", "{move|moving} %a %r %b",
		"{bring|bringing} %a %r %b", "{position|positioning} %a %r %b",
		"%r %b, put %a down", NULL
	},
	.let_go = LIST {
		"{release|releasing} it", "{let|letting} go", "{let|letting} go of it",
		"{let|letting} it go", "{release|releasing} what you hold", NULL
	},
	.open = LIST {
		"{open|opening} the gripper", "{open|opening} the gripper",
		"{open|opening} your hand", "{open|opening} the hand",
		"{open|opening} the claw", "{open|opening} up the gripper",
		"{open|opening} your gripper", "{open|opening} your fingers",
		"{open|opening} the jaws", NULL
	},
	.close = LIST {
		"{close|closing} the gripper", "{close|closing} the gripper",
		"{close|closing} your hand", "{close|closing} the hand",
		"{close|closing} the claw", "{shut|shutting} the gripper",
		"{close|closing} your gripper", "{close|closing} your fingers",
		"{shut|shutting} the jaws", NULL
	},
	.open_close = LIST {
		"{open|opening} and {close|closing} the gripper",
		"{open|opening} and {close|closing} your hand",
		"{open|opening} and {shut|shutting} the claw",
		"{open|opening} and then {close|closing} the gripper", NULL
	},
	.close_open = LIST {
		"{close|closing} and {open|opening} the gripper",
		"{close|closing} and {open|opening} your hand",
		"{shut|shutting} and {open|opening} the claw",
		"{close|closing} and then {open|opening} the gripper", NULL
	},
	.times = LIST { "%v %c", NULL },
	.count = {
		LIST { "twice", "two times", "2 times", "twice in a row", NULL },
		LIST { "three times", "3 times", "three times in a row", "thrice", NULL },
		LIST { "four times", "4 times", "four times in a row", NULL }
	},
	.home = LIST {
		"{go|going} home", "{go|going} home", "{go|going} back home",
		"{return|returning} home", "{move|moving} home",
		"{go|going} to the home position", "{return|returning} to the home position",
		"{return|returning} to the start position", "{go|going} back to the start",
		"{move|moving} back to your home position", "{move|moving} the arm home",
		"{drive|driving} home", "{home|homing} the arm",
		"{bring|bringing} the arm home", "{go|going} to your rest position", NULL
	},
	.wait = LIST {
		"{wait|waiting} %t", "{wait|waiting} for %t", "{wait|waiting} for %t",
		"{pause|pausing} for %t", "{pause|pausing} %t", "{hold|holding} still for %t",
		"{rest|resting} for %t", "{stay|staying} there for %t",
		"{stop|stopping} for %t", "{do|doing} nothing for %t",
		"{stand|standing} still for %t", NULL
	},
	.moment = LIST {
		"{wait|waiting} a second", "{wait|waiting} a moment",
		"{wait|waiting} for a moment", "{pause|pausing} for a moment",
		"{wait|waiting} briefly", NULL
	},
	.move = LIST {
		"{move|moving} %d %n", "{move|moving} %d %n", "{move|moving} %d by %n",
		"{move|moving} %n %d", "{go|going} %d %n", "{go|going} %n %d",
		"{move|moving} the gripper %d %n", "{move|moving} the arm %d by %n",
		"{move|moving} the hand %n %d", "{shift|shifting} %d by %n",
		"{shift|shifting} the arm %n %d", "{drive|driving} %d %n",
		"{move|moving} your hand %d %n", "{travel|travelling} %n %d", NULL
	},
	.dir = {
		[AGENT_UP] = LIST { "up", "up", "upward", "upwards", NULL },
		[AGENT_DOWN] = LIST { "down", "down", "downward", "downwards", NULL },
		[AGENT_LEFT] = LIST { "left", "left", "to the left", "leftwards", NULL },
		[AGENT_RIGHT] = LIST { "right", "right", "to the right", "rightwards", NULL },
		[AGENT_FORWARD] = LIST { "forward", "forward", "forwards", "ahead", NULL },
		[AGENT_BACK] = LIST { "back", "backward", "backwards", NULL }
	},
	.move_dir = {
		[AGENT_UP] = LIST {
			"{raise|raising} the arm %n", "{raise|raising} the gripper by %n",
			"{lift|lifting} the arm by %n", "{raise|raising} your hand %n",
			"{rise|rising} %n", "{rise|rising} by %n", NULL
		},
		[AGENT_DOWN] = LIST {
			"{lower|lowering} the arm %n", "{lower|lowering} the gripper by %n",
			"{lower|lowering} your hand %n", "{sink|sinking} by %n",
			"{descend|descending} %n", NULL
		},
		[AGENT_LEFT] = LIST {
			"{step|stepping} left %n", "{slide|sliding} left by %n", NULL
		},
		[AGENT_RIGHT] = LIST {
			"{step|stepping} right %n", "{slide|sliding} right by %n", NULL
		},
		[AGENT_FORWARD] = LIST {
			"{reach|reaching} forward %n", "{advance|advancing} %n",
			"{extend|extending} the arm %n", "{advance|advancing} by %n", NULL
		},
		[AGENT_BACK] = LIST {
			"{retract|retracting} the arm %n", "{retreat|retreating} %n",
			"{back|backing} up %n", "{pull|pulling} back %n", NULL
		}
	},
	.cm = LIST { "cm", "cm", "centimetres", "centimeters", NULL },
	.mm = LIST { "mm", "mm", "millimetres", "millimeters", NULL },
	.m = LIST { "m", "metres", "meters", "feet", "yards", "kilometers", NULL },
	.s = LIST { "seconds", "seconds", "s", "sec", NULL },
	.minute = LIST { "a minute", "one minute", "1 minute", "a full minute", NULL },
	.half_minute = LIST { "half a minute", "half a minute", NULL },
};

const struct agent_gaps agent_english_gaps = {
	.pick_what = LIST {
		"{pick|picking} up", "{pick|picking} it up", "{pick|picking} that up",
		"{grab|grabbing} it", "{grab|grabbing}", "{pick|picking} something up",
		"{pick|picking} up something", "{take|taking} it", "{take|taking} something",
		"{lift|lifting} it", "{get|getting} it", "{grab|grabbing} that one",
		"{hold|holding} something", "{lift|lifting} up", "{pick|picking} one up",
		"{grasp|grasping} it", "{pick|picking} up the", "{take|taking} hold of it",
		"{collect|collecting} it", "{lift|lifting} something", "{pick|picking}", NULL
	},
	.put_what = LIST {
		"{put|putting} it %r %b", "{place|placing} it %r %b", "{move|moving} it %r %b",
		"{set|setting} that %r %b", "{put|putting} something %r %b",
		"{put|putting} that one %r %b", "{put|putting} %r %b", "{place|placing} %r %b",
		"{place|placing} something %r %b", "%r %b, put it", "{put|putting} this %r %b",
		"{drop|dropping} it %r %b", "{lay|laying} it %r %b",
		"{bring|bringing} it %r %b", "{put|putting} one %r %b", NULL
	},
	.put_where = LIST {
		"{put|putting} %a", "{put|putting} %a", "{place|placing} %a",
		"{move|moving} %a", "{move|moving} %a somewhere", "{put|putting} %a down",
		"{put|putting} %a away", "{put|putting} %a somewhere else",
		"{move|moving} %a away", "{set|setting} %a down", "{bring|bringing} %a",
		"{bring|bringing} me %a", "{hand|handing} me %a", "{give|giving} me %a",
		"{fetch|fetching} %a", "{shift|shifting} %a", "{pass|passing} me %a",
		"{carry|carrying} %a", "{place|placing} %a over there",
		"{put|putting} %a to the left", "{put|putting} %a on the right",
		"{move|moving} %a to the other side", "{drop|dropping} %a somewhere",
		"{transfer|transferring} %a", "{position|positioning} %a",
		"{move|moving} %a a bit", "{move|moving} %a to the right", NULL
	},
	.put_vague = LIST {
		"{put|putting} %a %b", "{place|placing} %a %b", "{move|moving} %a %b",
		"{set|setting} %a %b", "{bring|bringing} %a %b", "{lay|laying} %a %b",
		"{pick|picking} up %a and {put|putting} it %b", "{set|setting} %a down %b",
		"{take|taking} %a and {place|placing} it %b", NULL
	},
	.place_vague = LIST {
		"next to %b", "beside %b", "near %b", "close to %b", "under %b", "beneath %b",
		"by %b", "opposite %b", "around %b", "against %b", "somewhere near %b",
		"alongside %b", "not far from %b", "below %b", NULL
	},
	.move_where = LIST {
		"{move|moving} %d", "{go|going} %d", "{move|moving} the gripper %d",
		"{move|moving} the arm %d", "{go|going} %d a bit", "{move|moving} a little %d",
		"{move|moving} %d a bit more", "{shift|shifting} %d", NULL
	},
	.absent = LIST {
		"the table", "the floor", "the shelf", "the desk", "the chair", "the wall",
		"the window", "the door", "the moon", "the fridge", "the roof", "the sofa",
		"the bed", "the ground", "my laptop", "the lamp", "the other table",
		"the stairs", "the sink", "the oven", "the garden", "the tree", "the cupboard",
		NULL
	},
};

const struct agent_manners agent_english_manners = {
	.first = LIST {
		"first ", "first ", "first, ", "first of all, ", "to begin with, ", "at first ",
		NULL
	},
	.join = {
		[AGENT_AND] = LIST { " and ", NULL },
		[AGENT_COMMA] = LIST { ", ", ", and ", "; ", NULL },
		[AGENT_THEN] = LIST { ", then ", " then ", "; then ", NULL },
		[AGENT_AND_THEN] = LIST { " and then ", ", and then ", NULL },
		[AGENT_STOP] = LIST {
			". ", ". then ", ". now ", ". next, ", ". after that, ", NULL
		},
		[AGENT_AFTERWARDS] = LIST {
			", after that ", ", next ", ", afterwards ", " and after that ",
			", and next ", " and afterwards ", NULL
		},
		[AGENT_FINALLY] = LIST {
			", finally ", " and finally ", ", and finally ", ", lastly ",
			". finally, ", " and at the end ", ", and last ", NULL
		}
	},
	.order = {
		[AGENT_STRAIGHT] = LIST {
			"after %X, %y", "after you %x, %y", "once you %x, %y", "%x before %Y",
			"%x before you %y", "after %X %y", "begin with %X, then %y", NULL
		},
		[AGENT_REVERSED] = LIST {
			"before %Y, %x", "before you %y, %x", "%y after %X", "%y after you %x",
			"%y, but first %x", "%y, but before that %x", "before %Y %x",
			"%y once you %x", NULL
		}
	},
	.before = LIST {
		"please ", "please ", "please ", "could you ", "can you ", "could you please ",
		"can you please ", "would you ", "would you please ", "i want you to ",
		"i would like you to ", "i'd like you to ", "i need you to ", "robot, ",
		"hey robot, ", "ok, ", "now ", "now, ", "kindly ", "just ", "go ahead and ",
		"hello, ", "hi, please ", "your task: ", "you should ", "you must ", "let's ",
		"robot, please ", "alright, ", "ok now ", "next, ", "so ", "well, ", "try to ",
		NULL
	},
	.before_verb = LIST { "would you mind ", "do you mind ", "how about ", "start ", NULL },
	.after = LIST {
		" please", ", please", ", please", " now", " for me", ", thanks", ", thank you",
		" thanks", " right now", " quickly", " carefully", " slowly", ", ok",
		" if you can", ", will you", " when you can", " gently", NULL
	},
	.end = LIST { ".", ".", ".", "!", NULL },
};
