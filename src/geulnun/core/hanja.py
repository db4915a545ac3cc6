"""Chinese characters as Korean texts hold them."""

import unicodedata


def _list_hanja() -> str:
    """Rows 74 to 93 of the code table, each character once: 268 of them stand there again for their other readings."""
    codes = (bytes((row, cell)) for row in range(0xCA, 0xFE) for cell in range(0xA1, 0xFF))
    return "".join(dict.fromkeys(unicodedata.normalize("NFC", code.decode("euc_kr")) for code in codes))


HANJA = _list_hanja()
"""The 4,620 hanja of KS X 1001 in the order of their readings."""
