"""The page of `pmks report`: quality and flow of everything that came, for those who run the pipeline."""
