"""The live screen of `watchkeeper status`: what keys do, what lines show, and the application that draws them."""
