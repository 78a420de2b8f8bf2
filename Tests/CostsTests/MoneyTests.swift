import Costs
import Testing

struct MoneyTests {
    @Test(
        "decimal text becomes exact billionths, beyond them rounded half to even",
        arguments: [
            ("0", 0), ("1", 1_000_000_000), ("0.031611", 31_611_000), (".5", 500_000_000), ("5.", 5_000_000_000),
            ("-0.000000001", -1), ("+2", 2_000_000_000), ("4.237e-3", 4_237_000), ("1E2", 100_000_000_000),
            ("0.00005479452", 54_795), ("0.0000000005", 0), ("0.0000000015", 2), ("0.0000000025", 2),
            ("0.00000000250001", 3), ("-0.0000000015", -2), ("0.0000000004999", 0), ("1e-400", 0),
            ("9223372036.854775807", .max), ("-9223372036.854775808", .min), ("0e400", 0), ("000001.50", 1_500_000_000),
            ("5e-10", 0), ("6e-10", 1), ("0.9999999999", 1_000_000_000),
        ] as [(String, Int64)])
    func parsing(text: String, nanoDollars: Int64) {
        #expect(Money(decimal: text)?.nanoDollars == nanoDollars)
    }

    @Test(
        "what is not a number in range is refused",
        arguments: [
            "", ".", "-", "1,5", "1.2.3", "$1", " 1", "1 ", "0x1", "nan", "inf", "1e", "1e+", "e5", "--1", "1e401",
            "9223372036.854775808", "1e300", "99999999999999999999999999999", "1e99999999999999999999", "١",
        ])
    func refused(text: String) {
        #expect(Money(decimal: text) == nil)
    }

    @Test("a floating-point price is the decimal that was written")
    func fromDouble() {
        #expect(Money(dollars: 0.1)?.nanoDollars == 100_000_000)
        #expect(Money(dollars: 0.031611)?.nanoDollars == 31_611_000)
        #expect(Money(dollars: 0.00005479452)?.nanoDollars == 54_795)
        #expect(Money(dollars: .infinity) == nil && Money(dollars: .nan) == nil && Money(dollars: 1e30) == nil)
    }

    @Test("an amount prints with nine decimals and reads back the same")
    func printing() {
        #expect(Money(nanoDollars: 31_611_000).description == "0.031611000")
        #expect(Money(nanoDollars: -1).description == "-0.000000001")
        #expect(Money(nanoDollars: .min).description == "-9223372036.854775808")
        for nanoDollars: Int64 in [0, 1, -999_999_999, 1_000_000_000, .max, .min] {
            #expect(Money(decimal: Money(nanoDollars: nanoDollars).description)?.nanoDollars == nanoDollars)
        }
        #expect(Money(nanoDollars: 2_500_000_000).dollars == 2.5)
    }

    @Test("arithmetic stops at the bounds instead of ending the process")
    func bounds() {
        let (least, most, one) = (Money(nanoDollars: .min), Money(nanoDollars: .max), Money(nanoDollars: 1))
        #expect(most + one == most && least + Money(nanoDollars: -1) == least)
        #expect(least - one == least && most - Money(nanoDollars: -1) == most)
        #expect(Money.zero - least == most)
        #expect(most.scaled(by: 3, over: 2) == most && most.scaled(by: -3, over: 2) == least)
        #expect(least.scaled(by: .min, over: 1) == most)
        var sum = Money.zero
        sum += one
        sum -= most
        #expect(sum.nanoDollars == -Int64.max + 1 && least < sum)
    }

    @Test("scaling rounds once, a tie to the even neighbour")
    func scaling() {
        func scaled(_ value: Int64, _ over: Int64) -> Int64? {
            Money(nanoDollars: value).scaled(by: 1, over: over)?.nanoDollars
        }
        #expect([1, 3, 5, -1, -3, 7].map { scaled($0, 2) } == [0, 2, 2, 0, -2, 4])
        #expect([4, 5, -4, -5].map { scaled($0, 3) } == [1, 2, -1, -2])
        #expect(scaled(1, 0) == nil && scaled(1, -1) == nil)
    }

    @Test("oracle C18: 412.50 after 13.5 of 30 days runs to 916.666…")
    func forecast() {
        let monthToDate = Money(decimal: "412.50")
        #expect(monthToDate?.scaled(by: 300, over: 135)?.description == "916.666666667")
    }
}
