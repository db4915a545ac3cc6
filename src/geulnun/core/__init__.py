"""The words every room speaks: geometry, pages, Hangul, charset, images, configs."""
