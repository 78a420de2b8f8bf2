internal import Base

/// Status and header fields of an answer.
struct ResponseHead: Sendable {
    var status: Int
    var headers = HTTPHeaders()
    var timing = RequestTiming()

    /// The body's length as announced; nil when it is not.
    var contentLength: Int? { headers["Content-Length"].flatMap { Int($0) } }
}

/// Makes the head of an answer from the lines that libcurl passes on. Interim answers (1xx) are passed over; lines
/// after the head (trailers) are ignored.
struct ResponseHeadParser {
    private var head: ResponseHead?
    private var isComplete = false

    /// The head, once the line was its last.
    mutating func read(_ line: UnsafeBufferPointer<UInt8>) -> ResponseHead? {
        guard !isComplete else { return nil }
        let text = Substring(decoding: line, as: UTF8.self).trimmingLineBreak
        if let status = Self.status(text) {
            head = ResponseHead(status: status)
        } else if let colon = text.firstIndex(of: ":") {
            let value = text[text.index(after: colon)...]
            head?.headers.add(String(text[..<colon]), String(value.trimmingBlanks))
        } else if text.isEmpty, let head, head.status >= 200 {
            isComplete = true
            return head
        }
        return nil
    }

    private static func status(_ line: Substring) -> Int? {
        guard line.hasPrefix("HTTP/") else { return nil }
        let words = line.split(separator: " ", maxSplits: 2)
        return words.count > 1 ? Int(words[1]) : nil
    }
}

extension Substring {
    fileprivate var trimmingLineBreak: Substring {
        var rest = self
        while let last = rest.unicodeScalars.last, last == "\n" || last == "\r" { rest.unicodeScalars.removeLast() }
        return rest
    }

    fileprivate var trimmingBlanks: Substring {
        var rest = self.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
