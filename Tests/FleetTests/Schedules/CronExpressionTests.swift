import Fleet
import Testing

@Suite struct CronExpressionTests {
    @Test(arguments: [
        "* * * * *", "*/15 * * * *", "0 4 * * 1-5", "30 2,14 1,15 * *", "0 0 * jan-mar,DEC sun", "5-50/20 */6 * * 7",
        "0 0 29 2 *", "@daily", "  15 3  * *  * ",
    ])
    func isRead(_ text: String) throws {
        let cron = try CronExpression(parsing: text)
        #expect(CronExpression(cron.description) == cron)
    }

    @Test(arguments: [
        ("", "0 fields"), ("* * * *", "4 fields"), ("* * * * * *", "6 fields"), ("60 * * * *", "“60” is no minute"),
        ("1,60 * * * *", "“60” in “1,60” is no minute"),
        ("* 24 * * *", "hour"), ("* * 0 * *", "day of the month"), ("* * 32 * *", "“32”"), ("* * * 13 *", "month"),
        ("* * * foo *", "“foo” is no month"), ("* * * * 8", "day of the week"), ("*/0 * * * *", "“*/0”"),
        ("5/2 * * * *", "“5/2”"),
        ("7-3 * * * *", "“7-3”"), ("1,,2 * * * *", "“”"), ("-1 * * * *", "“-1”"), ("1- * * * *", "“1-”"),
        ("+5 * * * *", "“+5”"), ("0 0 31 2 *", "never comes"), ("0 0 30,31 2 *", "never comes"), ("@often", "1 field "),
    ])
    func isRefused(_ text: String, _ why: String) {
        let error = #expect(throws: FleetError.self) { try CronExpression(parsing: text) }
        #expect(error?.code == "cron-invalid")
        #expect(error.map { "“\(text)” \($0.message)".contains(why) } == true, "\(error?.message ?? "")")
    }
}
