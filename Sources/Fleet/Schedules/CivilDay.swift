/// A day of the Gregorian calendar.
struct CivilDay: Hashable, Sendable {
    let month: Int
    let day: Int
    /// 0 is Sunday.
    let weekday: Int

    /// - Parameter number: days since 1970-01-01.
    init(_ number: Int) {
        // Counted in years that begin in March, so that the day that may be missing is the last of its year; the calendar
        // repeats itself every 146,097 days, which are 400 years.
        let sinceMarch = number + 719_468
        let era = sinceMarch.floorDivided(by: 146_097)
        let ofEra = sinceMarch - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        day = ofYear - (153 * fromMarch + 2) / 5 + 1
        month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        weekday = number + 4 - (number + 4).floorDivided(by: 7) * 7
    }
}

extension Int {
    /// The quotient, rounded towards earlier days also before 1970.
    func floorDivided(by divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
