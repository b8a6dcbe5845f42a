internal import Forms

/// A page of one file: no script, no network, light and dark, printable.
enum StandalonePage {
    /// - Parameter sheet: what the page has beside the common style sheet.
    static func render(title: String, sheet: Markup = "", body: Markup) -> String {
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(title)</title>
            <style>\(GPUPageStyle.sheet)\(sheet)</style>
            </head>
            <body>
            \(body)
            </body>
            </html>

            """
        return page.text
    }
}
