"""What a store can do, a concern a module; `pgstore.store` puts them together by profile."""
