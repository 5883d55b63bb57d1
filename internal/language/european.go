package language

var english = tongue{
	tag: "en", script: Latn,
	never:  "êîûşçığöüßéèàñäåã",
	words:  list("the of and to in is was for on that with by from at as are were it be this has have its an a not but they had after which who their said his her been more than will would one against all there or when also into over no we you near two"),
	months: []string{"january|jan", "february|feb", "march|mar", "april|apr", "may", "june|jun", "july|jul", "august|aug", "september|sep|sept", "october|oct", "november|nov", "december|dec"},
	hijri: []string{"muharram", "safar", "rabi al-awwal|rabi i|rabi al awwal|rabi' al-awwal|rabia al-awwal", "rabi al-thani|rabi ii|rabi al-akhir|rabi' al-thani|rabi al thani", "jumada al-awwal|jumada i|jumada al-ula|jumada al awwal", "jumada al-thani|jumada ii|jumada al-akhira|jumada al thani",
		"rajab", "shaban|sha'ban", "ramadan|ramazan|ramadhan", "shawwal", "dhu al-qadah|dhu al-qi'dah|dhul qadah|dhul-qa'dah|dhu al-qa'dah|zulqada", "dhu al-hijjah|dhul hijjah|dhul-hijjah|dhu al-hijja|zilhijja"},
	solar:    []string{"farvardin", "ordibehesht", "khordad", "tir", "mordad|amordad", "shahrivar", "mehr", "aban", "azar", "dey", "bahman", "esfand"},
	relative: map[string]int{"today": 0, "yesterday": -1, "tomorrow": 1},
	weekdays: list("monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun"),
	am:       []string{"am", "a.m"}, pm: []string{"pm", "p.m"},
	hour: []string{"at"},
	glue: []string{"of", "the", "on", "st", "nd", "rd", "th"},
	numbers: map[int]string{0: "zero?", 1: "one?", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten",
		11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen", 18: "eighteen", 19: "nineteen",
		20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety", 100: "hundred", 1000: "thousand", 1e6: "million", 1e9: "billion"},
	and: "and",
}

var german = tongue{
	tag: "de", script: Latn,
	letter: "äöüß", never: "êîûşığéèàñåãç",
	words:    list("der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man wurde wurden gegen gestern heute"),
	months:   []string{"januar|jänner|jan", "februar|feber", "märz|maerz", "april", "mai", "juni", "juli", "august", "september", "oktober|okt", "november", "dezember|dez"},
	relative: map[string]int{"heute": 0, "gestern": -1, "vorgestern": -2, "morgen": 1},
	weekdays: list("montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag"),
	hour:     []string{"um"},
	glue:     []string{"uhr"},
}

var french = tongue{
	tag: "fr", script: Latn,
	letter: "éèàêçîûùëïœ", never: "ışğñßäåãöü",
	words:    list("le la les de des du et en un une que qui dans est pour sur par plus au avec ne se pas ce il elle ont aux été sont son sa ses cette mais ou leur après avoir être fait selon contre comme même deux entre ces nous vous hier où"),
	months:   []string{"janvier|janv", "février|févr", "mars", "avril|avr", "mai", "juin", "juillet|juil", "août", "septembre", "octobre", "novembre", "décembre|déc"},
	relative: map[string]int{"aujourd'hui": 0, "hier": -1, "avant-hier": -2, "demain": 1},
	weekdays: list("lundi mardi mercredi jeudi vendredi samedi dimanche"),
	hour:     []string{"à"},
	glue:     []string{"de", "le", "er"},
}

var spanish = tongue{
	tag: "es", script: Latn,
	letter: "ñáéíóú¿¡", never: "şığßäåãöêîûçèà",
	words:    list("el la los las de del y en un una que se por con para al es su lo como más pero sus le ya o fue este ha sí porque esta entre cuando muy sin sobre también me hasta hay donde han quien desde todo nos durante dos contra otros ese había ante ellos ayer según"),
	months:   []string{"enero|ene", "febrero", "marzo", "abril|abr", "mayo", "junio", "julio", "agosto|ago", "septiembre|setiembre", "octubre", "noviembre", "diciembre|dic"},
	relative: map[string]int{"hoy": 0, "ayer": -1, "anteayer": -2, "mañana": 1},
	weekdays: list("lunes martes miércoles jueves viernes sábado domingo"),
	glue:     []string{"de", "del"},
}

var italian = tongue{
	tag: "it", script: Latn,
	letter: "àèéìòù", never: "şığßäåãöêîûçñü",
	words:    list("il lo la gli le di del della dei delle e in un una che per con non è sono da dal dalla si al alla nel nella come più ma ha anche su o questo quello dopo contro stato ieri due tra hanno essere"),
	months:   []string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
	relative: map[string]int{"oggi": 0, "ieri": -1, "domani": 1},
}

var portuguese = tongue{
	tag: "pt", script: Latn,
	letter: "ãõçáéíóúâêô", never: "şığßäåöîûñüè",
	words:    list("o os a as de do da dos das e em um uma que no na nos nas para por com não se é foi ao mais como mas sua seu pela pelo até entre depois contra também são ontem hoje dois onde ele ela já"),
	months:   []string{"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"},
	relative: map[string]int{"hoje": 0, "ontem": -1, "amanhã": 1},
	glue:     []string{"de"},
}

var dutch = tongue{
	tag: "nl", script: Latn,
	letter: "ë", never: "şığßäåãöêîûçñü",
	words:    list("de het een en van in is dat op te zijn met voor niet aan er om ook als bij maar uit door naar hij zij werd was over dan nog tegen worden heeft hebben deze geen meer wordt gisteren vandaag na twee tot"),
	months:   []string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
	relative: map[string]int{"vandaag": 0, "gisteren": -1},
}

var swedish = tongue{
	tag: "sv", script: Latn,
	letter: "åäö", never: "şığßêîûçñüè",
	words:    list("och i att en det som på är av för med den till ett om har inte de vid från var efter så han men över eller ut under mot enligt också två när igår idag vi"),
	months:   []string{"januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"},
	relative: map[string]int{"idag": 0, "igår": -1},
}

var indonesian = tongue{
	tag: "id", script: Latn,
	never:    "şığßäåãöêîûçñüéè",
	words:    list("yang dan di dengan untuk pada dari ini itu ke tidak dalam akan adalah oleh juga telah sebagai ada mereka atau karena saat setelah kata orang lebih bisa para hari kami serta terhadap tersebut"),
	months:   []string{"januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november", "desember"},
	relative: map[string]int{"kemarin": -1},
}
