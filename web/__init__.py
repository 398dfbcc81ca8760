"""What a browser sees, and what is printed: pages that anybody may read (`public/`), and posters with codes to scan.

`public.views.blueprint` is the pages' front; `poster.drawn` is the sheet to print; `ways.into` says by which links one
gets into a chat with an agency, `codes.drawing` and `codes.write_picture` turn a link into a QR code;
`guard.guarded` puts around an application what every answer forbids a browser.
May import broadcast and everything below it.
"""
