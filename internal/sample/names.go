package sample

// Names of private persons in group chats. Given names are common ones, family
// names are invented from places of the country.
var givenNames = []string{"سلمى", "كريم", "نادية", "ياسر", "هالة", "فراس", "ريم", "ماهر", "دلال", "زياد", "نسرین", "کاوه", "مینا", "شیرین", "بهمن", "لیلا", "ئاسۆ", "Dana", "Rami", "Hala"}

var familyNames = []string{"الدهروني", "الشقاري", "الزبيمي", "الباسلي", "المرداشي", "الهلواتي", "سمهودي", "گرابادی", "چمگاری", "شروشتی", "اورمالی", "Tulayhi", "Rahaji", "Zayduni"}
