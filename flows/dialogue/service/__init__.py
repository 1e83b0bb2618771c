"""The forms of the catalogue's services: asked, checked, verified and handed in."""
