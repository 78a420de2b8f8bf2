import Base
import Testing

@testable import API

@Suite("Tables of costs")
struct CSVTests {
    @Test(
        "cells are quoted by RFC 4180, and no text is taken for a formula",
        arguments: [
            (.text("plain"), "plain"), (.text(nil), ""), (.text(""), ""), (.text("a,b"), "\"a,b\""),
            (.text("say \"hi\""), "\"say \"\"hi\"\"\""), (.text("a\nb"), "\"a\nb\""), (.text("a\r\nb"), "\"a\r\nb\""),
            (.text(" a"), "\" a\""), (.text("a "), "\"a \""), (.text("=1+1"), "'=1+1"),
            (.text("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""), (.text("+1"), "'+1"),
            (.text("-1"), "'-1"), (.text("@a"), "'@a"), (.text("\t=1"), "'\t=1"), (.text("a=b"), "a=b"),
            (.number("-1.5"), "-1.5"), (.text("ünï"), "ünï"),
        ] as [(CSVText.Cell, String)])
    func cells(cell: CSVText.Cell, written: String) {
        #expect(CSVText.line([cell]) == written + "\r\n")
        #expect(CSVText.line([cell, .number("2")]) == "\(written),2\r\n")
    }

    @Test("an answer becomes a row for each element, with what all rows share at the end")
    func table() {
        let table = CSVTable(
            list: "groups", columns: ["key", "actual.cost.total", "x"], common: ["currency", "window.to"])
        let answer: JSONValue = [
            "currency": "EUR", "window": ["to": "t"],
            "groups": [
                ["key": "a,b", "actual": ["cost": ["total": 1.5]], "x": -2], ["key": .null, "x": ["=a", 1]],
            ],
        ]
        #expect(table.heading == "key,actual.cost.total,x,currency,window.to\r\n")
        #expect(table.rows(answer) == "\"a,b\",1.5,-2,EUR,t\r\n,,\"[\"\"=a\"\",1]\",EUR,t\r\n")
        #expect(table.rows(["groups": []]) == "" && table.rows([:]) == "")
    }
}
